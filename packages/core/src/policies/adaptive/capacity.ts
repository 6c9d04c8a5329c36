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
  /** False when their number changed on the way, or requests wait: then load and CPU do not belong together. */
  readonly isSettled: boolean
}

/** The same, with one more observation in it, if that says something. */
export function learnCapacity(known: Capacity, seen: WorkSeen): Capacity {
  const { load, cpu, servingCount, isSettled } = seen
  const isTelling = cpu > lowestCpu && cpu < highestCpu && load > 0 && servingCount > 0
  if (!isTelling || !isSettled) return known
  const sample = load / (cpu * servingCount)
  if (!Number.isFinite(sample) || sample <= 0) return known
  const sampleCount = Math.min(1_000_000, known.sampleCount + 1)
  const share = Math.max(weight, 1 / sampleCount)
  return { perInstance: known.perInstance + (sample - known.perInstance) * share, sampleCount }
}
