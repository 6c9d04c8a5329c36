import type { Clock } from '../clock.js'

/** Options of `new BackgroundWork()`. */
export interface BackgroundWorkOptions {
  readonly clock: Clock
  /** The longest that `settle` waits. */
  readonly timeoutMs: number
}

/** Work that goes on after its caller was answered, and that `close` waits for within a bound. */
export class BackgroundWork {
  readonly #options: BackgroundWorkOptions
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: BackgroundWorkOptions) {
    this.#options = options
  }

  /** Keeps an eye on this work. Its failure is not told: whoever needs it awaits the work itself. */
  add(work: Promise<unknown>): void {
    const settled = work.then(nothing, nothing)
    this.#underWay.add(settled)
    void settled.then(() => this.#underWay.delete(settled))
  }

  /** Resolves when all that was added so far has settled, or when the bound has passed. Never rejects. */
  async settle(): Promise<void> {
    const { clock, timeoutMs } = this.#options
    const inTime = new AbortController()
    const tooLong = clock.sleep(timeoutMs, { signal: inTime.signal }).catch(nothing)
    await Promise.race([Promise.all(this.#underWay), tooLong])
    inTime.abort()
  }
}

const nothing = (): void => {}
