/** The CPU time of one machine at one moment. */
export interface CpuSample {
  readonly uuid: string
  /** Over all its virtual CPUs, since it was started. */
  readonly cpuTimeNs: bigint
  /** When it was read, by a clock that does not jump; milliseconds. */
  readonly atMs: number
  readonly vcpus: number
}

/** What a machine used between two samples, or why that cannot be told. */
export type CpuUse =
  | {
      readonly ratio: number
      /** Over this time; milliseconds. */
      readonly windowMs: number
    }
  | { readonly absent: string }

/** A shorter time between two samples says little, and shortens the next reader's. */
const shortestMs = 200
/** What nobody has asked about for this long is forgotten. */
const forgottenMs = 3_600_000

interface Remembered extends CpuSample {
  /** What was answered with this sample. */
  readonly use: CpuUse
}

/**
 * Turns CPU times into use: Δ CPU time / Δ time / virtual CPUs. The first sample has nothing to be compared with, and its
 * answer is absent, never 0; so is that of a machine that was started anew.
 */
export class CpuMeter {
  readonly #last = new Map<string, Remembered>()

  read(sample: CpuSample): CpuUse {
    const last = this.#last.get(sample.uuid)
    // Two readers that ask right after each other get the same answer, and neither shortens the other's window.
    if (last !== undefined && sample.atMs - last.atMs < shortestMs) return last.use
    const use: CpuUse =
      last === undefined ? { absent: 'the first sample: CPU is told from two' } : useBetween(last, sample)
    this.#last.set(sample.uuid, { ...sample, use })
    return use
  }

  /** Forgets those that nobody asks about any more. */
  prune(atMs: number): void {
    for (const [uuid, sample] of this.#last) if (atMs - sample.atMs > forgottenMs) this.#last.delete(uuid)
  }
}

function useBetween(from: CpuSample, to: CpuSample): CpuUse {
  const windowMs = to.atMs - from.atMs
  const usedNs = Number(to.cpuTimeNs - from.cpuTimeNs)
  if (usedNs < 0 || to.vcpus !== from.vcpus || to.vcpus < 1) {
    return { absent: 'it was started anew; the next sample will tell' }
  }
  return { ratio: usedNs / 1e6 / windowMs / to.vcpus, windowMs }
}
