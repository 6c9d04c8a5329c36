import { untilAborted } from '@flotilla/core/authoring'

/** Lets one piece of work at a time run per key, in the order asked. */
export class KeyedMutex {
  /** The last in line of each key. */
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Whether work of this key runs or waits. */
  isBusy(key: string): boolean {
    return this.#tails.has(key)
  }

  /**
   * Runs `work` once everything asked for before with any of these keys has settled.
   *
   * @throws what `work` throws; the signal's reason when it aborts while waiting
   */
  async run<T>(keys: readonly string[], signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.#tails.get(key)).filter((tail) => tail !== undefined)
    const turn = Promise.all(before)
    let leave: (() => void) | undefined
    const left = new Promise<void>((resolve) => {
      leave = resolve
    })
    // Places in all lines are taken at once, so two runs never wait for each other.
    const tail = Promise.all([turn, left])
    for (const key of keys) this.#tails.set(key, tail)
    try {
      await untilAborted(async () => turn, signal)
      return await work()
    } finally {
      leave?.()
      void this.#tidy(keys, tail)
    }
  }

  async #tidy(keys: readonly string[], tail: Promise<unknown>): Promise<void> {
    await tail
    for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key)
  }
}
