import type { LifecycleEvent } from '../domain-types.js'

/** A reader that falls this far behind loses its events, and is told `listening` anew. */
const queueMaxCount = 10_000

/** Events between the connection, which never waits, and one reader, which may be slow. */
export class EventQueue {
  #events: LifecycleEvent[] = []
  #end: { readonly error: unknown } | 'ended' | undefined
  #wake: (() => void) | undefined

  push(event: LifecycleEvent): void {
    if (this.#end !== undefined) return
    if (this.#events.length >= queueMaxCount) this.#events = [{ kind: 'listening' }]
    this.#events.push(event)
    this.#wake?.()
  }

  /** No more events; those that are here are still read. */
  end(): void {
    this.#end ??= 'ended'
    this.#wake?.()
  }

  fail(error: unknown): void {
    this.#end ??= { error }
    this.#wake?.()
  }

  /** The next event; undefined at the end. */
  async next(): Promise<LifecycleEvent | undefined> {
    for (;;) {
      const event = this.#events.shift()
      if (event !== undefined) return event
      if (this.#end === 'ended') return undefined
      if (this.#end !== undefined) throw this.#end.error
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
