import type { Clock } from '../../clock.js'

/** Wall time may be slewed by this much between two looks without anybody having set the clock. */
const tolerableJumpMs = 2000

/** Notices a wall clock that was set, by the clock that only counts. */
export class ClockWatch {
  readonly #clock: Clock
  #lastSeen: { readonly wallMs: number; readonly monotonicMs: number } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** By how much the wall clock was set since the last look; 0 when it was not. */
  jumpMs(): number {
    const wallMs = this.#clock.now()
    const monotonicMs = this.#clock.monotonic()
    const last = this.#lastSeen
    this.#lastSeen = { wallMs, monotonicMs }
    if (last === undefined) return 0
    const jumpMs = wallMs - last.wallMs - (monotonicMs - last.monotonicMs)
    return Math.abs(jumpMs) < tolerableJumpMs ? 0 : jumpMs
  }
}
