import type { Member } from './group-state.js'

export interface HeldFacts {
  readonly now: number
  readonly max: number
  readonly desired: number
  /** Instances that are missing because there is no room. */
  readonly heldCount: number
  readonly hasBalancer: boolean
  readonly mayTerminate: boolean
}

/** One that is on its way out for so long does not only take its time. */
const slowMs = 60_000

/**
 * Why a group stands still because machines that do not serve fill `max`, in words. Undefined while it only waits for those
 * on their way out.
 */
export function heldAtMax(members: ReadonlyMap<string, Member>, facts: HeldFacts): string | undefined {
  const { heldCount, desired, max, now, hasBalancer, mayTerminate } = facts
  if (heldCount <= 0) return undefined
  const counts = new Map<string, number>()
  let lastError: string | undefined
  let lastAt = -Infinity
  for (const member of members.values()) {
    const { state, stateSince, isProtected, attempts, endError, retryAt } = member
    const isLeaving = state === 'draining' || state === 'failed' || state === 'terminating'
    if (!isLeaving && state !== 'standby') continue
    const isSlow = now - stateSince >= slowMs
    if (attempts > 0 && retryAt > lastAt) {
      lastAt = retryAt
      lastError = endError
    }
    const why = !isLeaving
      ? 'on standby'
      : attempts > 0
        ? 'that could not be ended'
        : isProtected
          ? 'protected, though no longer in service'
          : !mayTerminate
            ? 'that may not be ended, as terminate is paused'
            : !isSlow
              ? undefined
              : state === 'terminating' || !hasBalancer
                ? 'whose end takes long'
                : 'that the balancer has not let go of'
    if (why !== undefined) counts.set(why, (counts.get(why) ?? 0) + 1)
  }
  const fillCount = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (fillCount === 0) return undefined
  const parts = [...counts].map(([why, count], index) => {
    const noun = index > 0 ? '' : count === 1 ? ' machine' : ' machines'
    return `${count}${noun} ${why}`
  })
  const verb = fillCount === 1 ? 'leaves' : 'leave'
  const fill =
    fillCount >= max
      ? (fillCount === 1 ? 'fills' : 'fill') + ` max ${max}`
      : `${verb} no room under max ${max}`
  const error = lastError === undefined ? '' : `: ${lastError}`
  return `${heldCount} of ${desired} missing: ${parts.join(', ')} ${fill}${error}`
}
