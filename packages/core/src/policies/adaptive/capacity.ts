/** What one instance does when it works flat out, learnt from what it does at the CPU it shows. */
export type Capacity = {
  /** In the load metric's own unit, per instance; 0 while nothing is known. */
  perInstance: number
  sampleCount: number
}

export const unknownCapacity = (): Capacity => ({ perInstance: 0, sampleCount: 0 })

/** Too idle, and the CPU is mostly what runs at rest; too busy, and it no longer rises with the load. */
const lowestCpu = 0.08
const highestCpu = 0.92

/** Weight of a new sample, once there are some: a release that changes the cost of a request is learnt in minutes. */
const weight = 0.08

/** What was seen over one interval. */
export interface WorkSeen {
  /** Of the whole group, in the load metric's own unit. */
  readonly load: number
  /** Mean over those that served, 0..1. */
  readonly cpu: number
  /** Those that served. */
  readonly servingCount: number
  /**
   * False when their number changed on the way, or requests waited at its begin or end: then load and CPU do not belong
   * together. A backlog that drains is CPU without load, and would make an instance look weak.
   */
  readonly isSettled: boolean
  /** By how much the requests that wait became more in a second; undefined without a queue to look at. */
  readonly queueGrowth: number | undefined
}

/** The same, with one more observation in it, if that says something. */
export function learnCapacity(known: Capacity, seen: WorkSeen): Capacity {
  const { load, cpu, servingCount, isSettled } = seen
  if (known.sampleCount === 0 && cpu >= highestCpu) return guessedWhileFull(known, seen)
  const isTelling = cpu > lowestCpu && cpu < highestCpu && load > 0 && servingCount > 0
  if (!isTelling || !isSettled) return known
  const sample = load / (cpu * servingCount)
  if (!Number.isFinite(sample) || sample <= 0) return known
  const sampleCount = Math.min(1_000_000, known.sampleCount + 1)
  const share = Math.max(weight, 1 / sampleCount)
  return { perInstance: known.perInstance + (sample - known.perInstance) * share, sampleCount }
}

/**
 * While nothing better is known: what full instances served is what arrived, less what now waits. Only while the queue
 * grows, since a queue that no longer does may be losing requests. It counts as no sample, so that the first one replaces it.
 */
function guessedWhileFull(known: Capacity, { load, servingCount, queueGrowth = 0 }: WorkSeen): Capacity {
  const served = load - queueGrowth
  if (!(queueGrowth > 0 && served > 0 && servingCount > 0)) return known
  const guess = served / servingCount
  if (!Number.isFinite(guess)) return known
  return { perInstance: known.perInstance > 0 ? (known.perInstance + guess) / 2 : guess, sampleCount: 0 }
}
