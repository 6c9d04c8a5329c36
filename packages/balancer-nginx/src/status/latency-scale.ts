/** Each step is 5 % above the one before, from 1 ms up to more than an hour. */
const ratio = 1.05
const stepCount = 320

/** Times counted on a scale of fixed size, however many they are: percentiles are right to within 5 %. */
export class LatencyScale {
  readonly #counts = new Uint32Array(stepCount)
  #total = 0

  add(ms: number): void {
    const step = ms <= 1 ? 0 : Math.min(stepCount - 1, Math.ceil(Math.log(ms) / Math.log(ratio)))
    this.#counts[step] = (this.#counts[step] ?? 0) + 1
    this.#total += 1
  }

  /** The time that this share of them did not exceed, 0 < share <= 1, milliseconds; undefined when there is none. */
  percentile(share: number): number | undefined {
    if (this.#total === 0) return undefined
    let left = Math.ceil(share * this.#total)
    for (const [step, count] of this.#counts.entries()) {
      left -= count
      if (left <= 0) return ratio ** step
    }
    return undefined
  }
}
