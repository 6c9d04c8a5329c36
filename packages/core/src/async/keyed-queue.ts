import { untilAborted } from './until-aborted.js'

/** Lets pieces of work with the same key follow each other. */
export class KeyedQueue {
  /** Each settles when the last piece of its key so far has; none rejects. */
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Runs `work` when every piece of this key that came before has settled; rejects when the signal aborts before. */
  async run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    const turn = (async () => {
      if (before !== undefined) await untilAborted(async () => before, signal)
      return work()
    })()
    // One that gave up waiting settles before those it waited for.
    const tail = Promise.allSettled([before, turn])
    this.#tails.set(key, tail)
    try {
      return await turn
    } finally {
      void this.#forget(key, tail)
    }
  }

  async #forget(key: string, tail: Promise<unknown>): Promise<void> {
    await tail
    if (this.#tails.get(key) === tail) this.#tails.delete(key)
  }
}
