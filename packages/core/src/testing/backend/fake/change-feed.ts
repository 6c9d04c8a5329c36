import type { InstanceChange } from '../../../backend.js'

type Listener = (change: InstanceChange) => void

/** Changes by group, to whoever watches at the moment. */
export class ChangeFeed {
  readonly #listeners = new Map<string, Set<Listener>>()

  publish(group: string, change: InstanceChange): void {
    for (const listener of this.#listeners.get(group) ?? []) listener(change)
  }

  /** Changes from the first `next()` on, until the signal aborts; then it ends without an error. */
  async *watch(group: string, signal: AbortSignal): AsyncGenerator<InstanceChange, void> {
    const queue: InstanceChange[] = []
    let wake: (() => void) | undefined
    const wakeUp = (): void => wake?.()
    const forget = this.#add(group, (change) => {
      queue.push(change)
      wakeUp()
    })
    signal.addEventListener('abort', wakeUp)
    try {
      while (!signal.aborted) {
        const change = queue.shift()
        if (change === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        } else yield change
      }
    } finally {
      signal.removeEventListener('abort', wakeUp)
      forget()
    }
  }

  #add(group: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(group) ?? new Set()
    this.#listeners.set(group, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(group)
    }
  }
}
