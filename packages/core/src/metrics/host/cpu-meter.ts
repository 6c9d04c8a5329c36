import type { CpuTimes } from './host-api.js'

/** The share of busy time between two looks, or why there is none. */
export type CpuShare =
  | { readonly kind: 'share'; readonly ratio: number; readonly at: number }
  | { readonly kind: 'none'; readonly reason: string }

/** Shorter intervals hold too few clock ticks to tell busy from idle. */
export const shortestIntervalMs = 200

/**
 * How busy the cores were since the last look. Its memory is its own, so that several meters do not disturb each other.
 * A look too soon after the last one repeats its answer, with its time.
 */
export class CpuMeter {
  #from: CpuTimes | undefined
  #last: CpuShare = { kind: 'none', reason: 'no interval to measure over yet' }

  /** @param now - epoch milliseconds, for the answer's own time */
  next(times: CpuTimes, now: number): CpuShare {
    const from = this.#from
    if (from === undefined) {
      this.#from = times
      return this.#last
    }
    const totalMs = times.totalMs - from.totalMs
    const isReset = totalMs < 0 || times.coreCount !== from.coreCount
    if (isReset) {
      // A restored virtual machine, or a core more or less: the two looks cannot be compared.
      this.#from = times
      this.#last = { kind: 'none', reason: "the host's counters started anew" }
      return this.#last
    }
    if (totalMs < shortestIntervalMs * times.coreCount) return this.#last
    this.#from = times
    // Linux's counters may go back by a tick.
    const ratio = Math.min(1, Math.max(0, (times.busyMs - from.busyMs) / totalMs))
    this.#last = { kind: 'share', ratio, at: now }
    return this.#last
  }
}
