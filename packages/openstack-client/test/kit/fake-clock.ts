import type { Clock } from '../../src/time/clock.js'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  readonly slept: number[] = []
  #now = 0
  #sleepers: Sleeper[] = []
  /** Wall time at monotonic 0. */
  readonly #startedAt: number

  constructor(startedAt: number = Date.parse('2026-11-21T20:31:46Z')) {
    this.#startedAt = startedAt
  }

  now(): number {
    return this.#startedAt + this.#now
  }

  monotonic(): number {
    return this.#now
  }

  sleep(ms: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason)
        return
      }
      const stop = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper)
        reject(signal?.reason)
      }
      const wake = (): void => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      const sleeper: Sleeper = { at: this.#now + ms, wake }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  /** Moves time on by `ms`, waking those who are due in their order. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settle()
      const due = this.#sleepers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#sleepers = this.#sleepers.filter((one) => one !== due)
      this.#now = Math.max(this.#now, due.at)
      due.wake()
    }
    this.#now = end
    await settle()
  }

  /** Moves time on to the next who is due within `ms`, again and again, until `work` settles. */
  async run<T>(work: Promise<T>, ms = 3_600_000): Promise<T> {
    let isSettled = false
    const watched = work.finally(() => {
      isSettled = true
    })
    watched.catch(() => {})
    const end = this.#now + ms
    for (;;) {
      await settle()
      if (isSettled) return watched
      const due = this.#sleepers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (due === undefined) throw new Error(`not settled within ${ms} ms, and nobody sleeps`)
      this.slept.push(due.at - this.#now)
      this.#sleepers = this.#sleepers.filter((one) => one !== due)
      this.#now = Math.max(this.#now, due.at)
      due.wake()
    }
  }
}

/** Lets everything that is ready go on. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
