/** What is to be done with the waiting machines of one group. */
export interface WarmPoolPlan<Spare> {
  /** May be taken by a launch; the one that waited longest first. */
  readonly ready: readonly Spare[]
  /** Useful, and not ready yet. */
  readonly preparing: readonly Spare[]
  /** To be removed: of no use, or too many. */
  readonly surplus: readonly Spare[]
  /** How many are to be made. */
  readonly missing: number
}

/** What the plan must know of a waiting machine. */
export interface SpareFacts {
  /** A launch is taking it, or it is being prepared here, at this moment: it is left alone, and counts. */
  readonly isBusy: boolean
  /** Made from the template of now, not too old, not failed. */
  readonly isUseful: boolean
  /** Asleep, and may be taken. */
  readonly isReady: boolean
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** Plans the warm pool of one group. Pure. */
export function planWarmPool<Spare>(
  spares: readonly Spare[],
  size: number,
  factsOf: (spare: Spare) => SpareFacts,
): WarmPoolPlan<Spare> {
  const known = spares.map((spare) => ({ spare, ...factsOf(spare) }))
  const idle = known.filter(({ isBusy }) => !isBusy)
  const useful = idle.filter(({ isUseful }) => isUseful)
  const ready = useful.filter(({ isReady }) => isReady).toSorted((a, b) => a.createdAt - b.createdAt)
  const preparing = useful.filter(({ isReady }) => !isReady)
  const busyCount = known.length - idle.length
  const excess = busyCount + useful.length - size
  const surplusReady = ready.slice(Math.max(0, size - busyCount - preparing.length))
  const useless = idle.filter(({ isUseful }) => !isUseful)
  return {
    ready: ready.map(({ spare }) => spare),
    preparing: preparing.map(({ spare }) => spare),
    surplus: [...useless, ...surplusReady].map(({ spare }) => spare),
    missing: Math.max(0, -excess),
  }
}
