import type { LifecycleEvent } from '@flotilla/libvirt'

/** Lifecycle events of a fake hypervisor, to all who listen; they outlive a lost connection, as the client's do. */
export class FakeEvents {
  readonly #listeners = new Set<(event: LifecycleEvent | Error) => void>()
  #isDown = false

  tell(event: LifecycleEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  goDown(): void {
    this.#isDown = true
  }

  comeBack(): void {
    this.#isDown = false
    this.tell({ kind: 'listening' })
  }

  /** Libvirt refuses to tell any more. */
  breakOff(error: Error): void {
    for (const listener of this.#listeners) listener(error)
  }

  async *listen(signal: AbortSignal): AsyncGenerator<LifecycleEvent, void> {
    const queue: (LifecycleEvent | Error)[] = this.#isDown ? [] : [{ kind: 'listening' }]
    let wake: (() => void) | undefined
    const listener = (event: LifecycleEvent | Error): void => {
      queue.push(event)
      wake?.()
    }
    const stop = (): void => wake?.()
    this.#listeners.add(listener)
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted) {
        const event = queue.shift()
        if (event instanceof Error) throw event
        if (event !== undefined) yield event
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', stop)
      this.#listeners.delete(listener)
    }
  }
}
