/** The facts about one hypervisor that placement works with. */
export interface Candidate {
  readonly cpus: number
  readonly memoryBytes: number
  readonly availableBytes: number
  /** Promised to machines that its own figures do not show yet. */
  readonly reservedBytes: number
  readonly reservedVcpus: number
  /** Share of its CPUs that were busy; undefined before it was measured. */
  readonly busyRatio: number | undefined
  /** Virtual CPUs of our machines on it, and of those on their way. */
  readonly committedVcpus: number
  /** Launches on it at this moment, and those that wait for their turn. */
  readonly inFlight: number
}

/** The resources that one more machine needs. */
export interface Need {
  readonly memoryBytes: number
  readonly vcpus: number
  readonly strategy: 'spread' | 'pack'
  readonly clonesInFlight: number
  /** Memory that stays free. */
  readonly reserveBytes: number
}

/** Packing fills a hypervisor up to this share of its CPUs, then the next. */
const packedFull = 0.9

/** Whether there is room for one more: memory that is not there cannot be shared, while CPUs can. */
export function hasRoom(candidate: Candidate, { memoryBytes, reserveBytes }: Need): boolean {
  return candidate.availableBytes - candidate.reservedBytes - reserveBytes >= memoryBytes
}

/** How full a hypervisor would be with one more: the fuller of memory and CPU counts. 0..1, may pass 1. */
export function fullness(candidate: Candidate, { memoryBytes, vcpus }: Need): number {
  const { cpus, reservedVcpus, committedVcpus, busyRatio } = candidate
  const used = candidate.memoryBytes - candidate.availableBytes + candidate.reservedBytes + memoryBytes
  const memory = used / Math.max(1, candidate.memoryBytes)
  // Busy time tells more than virtual CPUs, of which most sleep; and before it was measured they are all there is.
  const wanted =
    busyRatio === undefined ? Math.max(committedVcpus, reservedVcpus) : busyRatio * cpus + reservedVcpus
  const cpu = (wanted + vcpus) / Math.max(1, cpus)
  return Math.max(memory, cpu)
}

/**
 * Indexes of those with room, best first.
 *
 * `spread`: the least full first. `pack`: the fullest first that stays under 90 %, then the others, least full first. One
 * with as many launches on it as it may have comes after those with fewer.
 */
export function rank(candidates: readonly Candidate[], need: Need): readonly number[] {
  const indexes = [...candidates.keys()].filter((index) => {
    const candidate = candidates[index]
    return candidate !== undefined && hasRoom(candidate, need)
  })
  const facts = new Map(
    indexes.map((index) => {
      const candidate = candidates[index] as Candidate
      const full = fullness(candidate, need)
      const isPacked = need.strategy === 'pack' && full <= packedFull
      return [
        index,
        { isBusy: candidate.inFlight >= need.clonesInFlight, isPacked, full, inFlight: candidate.inFlight },
      ] as const
    }),
  )
  return indexes.toSorted((a, b) => {
    const [one, other] = [facts.get(a), facts.get(b)]
    if (one === undefined || other === undefined) return 0
    if (one.isBusy !== other.isBusy) return one.isBusy ? 1 : -1
    if (one.isPacked !== other.isPacked) return one.isPacked ? -1 : 1
    if (one.full !== other.full) return one.isPacked ? other.full - one.full : one.full - other.full
    return one.inFlight - other.inFlight || a - b
  })
}
