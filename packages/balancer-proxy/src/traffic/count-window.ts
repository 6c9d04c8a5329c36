const slotCount = 10

/** What a window counts and over how long. */
export interface CountWindowOptions {
  /** Counters that share the window, numbered from 0. */
  readonly columnCount: number
  readonly windowMs: number
  /** Monotonic milliseconds at which counting begins. */
  readonly startMs: number
}

/**
 * Counters that forget: each holds what was counted in the last `windowMs`, in ten slots of which the oldest falls out
 * whole. Reading changes nothing, so any number of readers may ask at any pace.
 */
export class CountWindow {
  readonly #columnCount: number
  readonly #slotMs: number
  readonly #startMs: number
  readonly #counts: Uint32Array
  #slot: number

  constructor({ columnCount, windowMs, startMs }: CountWindowOptions) {
    this.#columnCount = columnCount
    this.#slotMs = windowMs / slotCount
    this.#startMs = startMs
    this.#counts = new Uint32Array(slotCount * columnCount)
    this.#slot = Math.floor(startMs / this.#slotMs)
  }

  add(column: number, nowMs: number): void {
    this.#forgetUntil(nowMs)
    const index = (this.#slot % slotCount) * this.#columnCount + column
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
  }

  total(column: number, nowMs: number): number {
    this.#forgetUntil(nowMs)
    let sum = 0
    for (let index = column; index < this.#counts.length; index += this.#columnCount) {
      sum += this.#counts[index] ?? 0
    }
    return sum
  }

  /** The total over the time it was really counted in: the whole slots, the begun one, and nothing before the start. */
  perSecond(column: number, nowMs: number): number {
    const total = this.total(column, nowMs)
    const windowStartMs = (this.#slot - slotCount + 1) * this.#slotMs
    const countedMs = nowMs - Math.max(this.#startMs, windowStartMs)
    // In its first second a single request would read as hundreds a second.
    return (total * 1000) / Math.max(countedMs, 1000)
  }

  #forgetUntil(nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs)
    if (slot <= this.#slot) return
    const passed = Math.min(slot - this.#slot, slotCount)
    for (let step = 0; step < passed; step += 1) {
      const start = ((slot - step) % slotCount) * this.#columnCount
      this.#counts.fill(0, start, start + this.#columnCount)
    }
    this.#slot = slot
  }
}
