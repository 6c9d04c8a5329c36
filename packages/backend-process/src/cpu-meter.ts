/** Processor time of one instance at one moment. */
export interface CpuSample {
  readonly instanceId: string
  /** Pid and birth of the instance's process: a new process starts anew. */
  readonly process: string
  /** Of all its processes together, since they started. */
  readonly cpuMs: number
  /** By the monotonic clock, milliseconds. */
  readonly at: number
}

export type CpuUse =
  | {
      readonly ratio: number
      /** Over this time; milliseconds. */
      readonly windowMs: number
    }
  | { readonly absent: string }

/** Below this the kernel's 10 ms ticks are too coarse to divide. */
const shortestMs = 100
/** What nobody has asked about for this long is forgotten. */
const forgottenMs = 3_600_000

interface Remembered extends CpuSample {
  /** What was answered with this sample. */
  readonly use: CpuUse
}

/**
 * Turns processor time into use: cores busy on average since the last time it was asked, over the cores that make 1.
 * The first time there is nothing to compare with, and the answer is absent, never 0.
 */
export class CpuMeter {
  readonly #cpus: number
  readonly #last = new Map<string, Remembered>()

  /** @param cpus - cores that make a ratio of 1 */
  constructor(cpus: number) {
    this.#cpus = cpus
  }

  read(sample: CpuSample): CpuUse {
    const last = this.#last.get(sample.instanceId)
    const elapsedMs = sample.at - (last?.at ?? 0)
    // Two readers that ask right after each other get the same answer, and neither shortens the other's window.
    if (last !== undefined && last.process === sample.process && elapsedMs < shortestMs) return last.use
    const use = useSince(last, sample, this.#cpus)
    this.#last.set(sample.instanceId, { ...sample, use })
    return use
  }

  /** Forgets those that nobody asks about any more. */
  prune(at: number): void {
    for (const [id, sample] of this.#last) if (at - sample.at > forgottenMs) this.#last.delete(id)
  }
}

function useSince(last: CpuSample | undefined, { process, cpuMs, at }: CpuSample, cpus: number): CpuUse {
  if (last?.process !== process) return { absent: 'the first sample: CPU is told from two' }
  const usedMs = cpuMs - last.cpuMs
  if (usedMs < 0) {
    return {
      absent: 'a process of the instance ended and took its CPU time along; the next sample will tell',
    }
  }
  const windowMs = at - last.at
  return { ratio: usedMs / windowMs / cpus, windowMs }
}
