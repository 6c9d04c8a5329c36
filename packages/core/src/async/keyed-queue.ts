import { untilAborted } from './until-aborted.js'

/** Lets pieces of work with the same key follow each other. */
export class KeyedQueue {
  /** Each settles when the last piece of its key so far has; none rejects. */
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Whether work of this key runs or waits. */
  isBusy(key: string): boolean {
    return this.#tails.has(key)
  }

  /**
   * Runs `work` when every piece with any of these keys that came before has settled; rejects when the signal aborts before.
   */
  async run<T>(keys: string | readonly string[], signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lines = typeof keys === 'string' ? [keys] : keys
    const before = lines.flatMap((key) => this.#tails.get(key) ?? [])
    const turn = (async () => {
      if (before.length > 0) await untilAborted(async () => Promise.all(before), signal)
      return work()
    })()
    // One that gave up waiting settles before those it waited for.
    const tail = Promise.allSettled([...before, turn])
    // Places in all lines are taken at once, so that two pieces never wait for each other.
    for (const key of lines) this.#tails.set(key, tail)
    try {
      return await turn
    } finally {
      void this.#forget(lines, tail)
    }
  }

  async #forget(keys: readonly string[], tail: Promise<unknown>): Promise<void> {
    await tail
    for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key)
  }
}
