/** Counters of one container at one moment. */
export interface CpuSample {
  readonly containerId: string
  /** Differs from one run of the container to the next: the counters start anew. */
  readonly run: string
  /** CPU time of all its processes together. */
  readonly cpuMs: number
  /** When it was read, by a clock that does not jump; milliseconds. */
  readonly atMs: number
  /** Cores that it may use. */
  readonly limitCores: number
  /** Scheduler periods in which it wanted to run, and those in which its limit held it back. */
  readonly periods: number
  readonly throttledPeriods: number
}

/** What a container used between two samples, or why that cannot be told. */
export type CpuUse =
  | {
      /** Of its limit; may pass 1 a little. */
      readonly ratio: number
      /** Share of the periods in which it was held back: 0 without a limit. */
      readonly throttled: number
      /** Both over this time; milliseconds. */
      readonly windowMs: number
    }
  | { readonly absent: string }

/** A shorter time between two samples says little, and shortens the next reader's. */
const shortestMs = 100
/** What nobody has asked about for this long is forgotten. */
const forgottenMs = 3_600_000

interface Remembered extends CpuSample {
  /** What was answered with this sample. */
  readonly use: CpuUse
}

/**
 * Turns counters into use: cores busy on average since the last sample, over the cores it may use. The first sample has
 * nothing to be compared with, and its answer is absent, never 0; so is that of counters that ran backwards.
 */
export class CpuMeter {
  readonly #last = new Map<string, Remembered>()

  read(sample: CpuSample): CpuUse {
    const last = this.#last.get(sample.containerId)
    const isSameRun = last?.run === sample.run
    // Two readers that ask right after each other get the same answer, and neither shortens the other's window.
    if (isSameRun && Math.abs(sample.atMs - last.atMs) < shortestMs) return last.use
    const use: CpuUse = isSameRun
      ? useBetween(last, sample)
      : { absent: 'the first sample: CPU is told from two' }
    this.#last.set(sample.containerId, { ...sample, use })
    return use
  }

  /** Forgets those that nobody asks about any more. */
  prune(atMs: number): void {
    for (const [id, sample] of this.#last) if (atMs - sample.atMs > forgottenMs) this.#last.delete(id)
  }
}

function useBetween(from: CpuSample, to: CpuSample): CpuUse {
  const windowMs = to.atMs - from.atMs
  const usedMs = to.cpuMs - from.cpuMs
  const periods = to.periods - from.periods
  const throttled = to.throttledPeriods - from.throttledPeriods
  if (windowMs <= 0 || usedMs < 0 || periods < 0 || throttled < 0) {
    return { absent: 'its counters ran backwards; the next sample will tell' }
  }
  const held = periods === 0 ? 0 : throttled / periods
  return { ratio: usedMs / windowMs / to.limitCores, throttled: held, windowMs }
}
