import type { Clock } from '../clock.js'

/** What one instance had used at one moment. */
export interface InstanceCpuSample {
  readonly instanceId: string
  /** Differs from one life of the instance to the next: its counters start anew. */
  readonly run: string
  /** CPU time of all that it is, since that start; milliseconds. */
  readonly cpuMs: number
  /** When it was read, by a clock that does not jump; milliseconds. */
  readonly atMs: number
  /** That make a ratio of 1. */
  readonly cores: number
}

/** What an instance used between two samples, or why that cannot be told. */
export type InstanceCpuUse<TSample extends InstanceCpuSample = InstanceCpuSample> =
  | {
      /** Cores busy on average, over those that make 1; may pass 1 a little. */
      readonly ratio: number
      /** It is a mean over this time; milliseconds. */
      readonly windowMs: number
      /** The two samples, for what else they tell. */
      readonly from: TSample
      readonly to: TSample
    }
  | { readonly absent: string }

/** In less, counters of 10 ms ticks say little, and each of two readers would shorten the other's window. */
const shortestMs = 100
/** What nobody has asked about for this long is forgotten. */
const forgottenMs = 3_600_000

interface Remembered<TSample extends InstanceCpuSample> {
  readonly sample: TSample
  /** What was answered with it. */
  readonly use: InstanceCpuUse<TSample>
  /** By our own clock: a sample may be timed by another host's. */
  readonly askedMs: number
}

/**
 * Turns the CPU times of a backend's instances into their use, since each was asked about last. The first sample has
 * nothing to be compared with, and its answer is absent, never 0; so is that of a counter that began anew. Who asks
 * right after another gets the same answer.
 */
export class InstanceCpuMeter<TSample extends InstanceCpuSample = InstanceCpuSample> {
  readonly #clock: Clock
  readonly #last = new Map<string, Remembered<TSample>>()
  #prunedMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#prunedMs = clock.monotonic()
  }

  /** What the instance used between the last sample and this one, or why that cannot be told. */
  read(sample: TSample): InstanceCpuUse<TSample> {
    const askedMs = this.#clock.monotonic()
    this.#prune(askedMs)
    const { instanceId } = sample
    const last = this.#last.get(instanceId)
    const before = last?.sample.run === sample.run ? last : undefined
    if (before !== undefined && Math.abs(sample.atMs - before.sample.atMs) < shortestMs) return before.use
    const use = useBetween(before?.sample, sample)
    this.#last.set(instanceId, { sample, use, askedMs })
    return use
  }

  #prune(nowMs: number): void {
    if (nowMs - this.#prunedMs < forgottenMs) return
    this.#prunedMs = nowMs
    for (const [id, { askedMs }] of this.#last) if (nowMs - askedMs >= forgottenMs) this.#last.delete(id)
  }
}

function useBetween<TSample extends InstanceCpuSample>(
  from: TSample | undefined,
  to: TSample,
): InstanceCpuUse<TSample> {
  if (from === undefined) return { absent: 'the first sample: CPU is told from two' }
  if (!(to.cores > 0)) return { absent: 'it has no processor' }
  const windowMs = to.atMs - from.atMs
  const usedMs = to.cpuMs - from.cpuMs
  if (windowMs <= 0 || usedMs < 0) {
    return {
      absent:
        'its CPU time ran backwards: it was started anew, or a part of it ended; the next sample will tell',
    }
  }
  return { ratio: usedMs / windowMs / to.cores, windowMs, from, to }
}
