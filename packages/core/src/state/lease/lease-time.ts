import type { Clock } from '../../clock.js'

/** One moment on both clocks. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

export function momentOf(clock: Clock): Moment {
  return { wallMs: clock.now(), monotonicMs: clock.monotonic() }
}

/**
 * The time in which a lease is surely its holder's. It is measured by both clocks, and the one that shows more counts: the
 * monotonic clock stands still while a host sleeps, and the wall clock can be set back.
 */
export class LeaseTime {
  readonly #clock: Clock
  readonly #validMs: number
  #from: Moment
  #hasEnded = false

  /** @param from - taken before the store was asked, so that the time it took to answer is not added */
  constructor(clock: Clock, validMs: number, from: Moment) {
    this.#clock = clock
    this.#validMs = validMs
    this.#from = from
  }

  /** False after the time has passed, or `end`; then it stays false. */
  isValid(): boolean {
    if (this.#hasEnded) return false
    const { wallMs, monotonicMs } = momentOf(this.#clock)
    const passedMs = Math.max(wallMs - this.#from.wallMs, monotonicMs - this.#from.monotonicMs)
    if (passedMs >= this.#validMs) this.#hasEnded = true
    return !this.#hasEnded
  }

  /** Begins anew at a moment in the past. Time that has ended meanwhile stays ended. */
  renew(from: Moment): void {
    if (this.isValid()) this.#from = from
  }

  end(): void {
    this.#hasEnded = true
  }
}
