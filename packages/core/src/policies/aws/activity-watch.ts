import type { Json } from '../../json.js'
import type { Observation } from '../../model.js'

/** What a policy remembers of the group's launches and terminations. */
export interface ActivityMemory {
  readonly desired: number
  /** Those that were on their way in or out. */
  readonly underWay: readonly string[]
  /** Those that have left the balancer: their end is not waited for. */
  readonly drained: readonly string[]
  /** When the last launch or termination was over; absent when none was seen. Epoch milliseconds. */
  readonly endedAt?: number | undefined
}

/** What the group is doing now. */
export interface Activity {
  /** Launches and terminations that are not over. */
  readonly underWayCount: number
  /** When the last one was over; undefined when none was seen. */
  readonly endedAt: number | undefined
  /** For the next time. */
  readonly memory: ActivityMemory
}

/**
 * Follows the launches and terminations of a group from one observation to the next.
 *
 * A launch is over when its instance first passed its probe; a termination when the instance has left the balancer, or
 * when it is gone if it never was in one. A desired count that was changed starts an activity that shows only later.
 *
 * @param now - epoch milliseconds; what is remembered of a later time counts as now
 */
export function watchActivity(
  memory: ActivityMemory | undefined,
  { desired, instances }: Observation,
  now: number,
): Activity {
  const drained = new Set<string>(memory?.drained)
  const underWay: string[] = []
  const stillDrained: string[] = []
  let endedAt = memory?.endedAt === undefined ? undefined : Math.min(memory.endedAt, now)
  const endsAt = (at: number): void => {
    if (at <= now) endedAt = Math.max(endedAt ?? -Infinity, at)
  }
  for (const { id, state, readyAt } of instances) {
    if (readyAt !== undefined) endsAt(readyAt)
    if (state === 'draining') stillDrained.push(id)
    if (state === 'terminating' && drained.has(id)) stillDrained.push(id)
    if (state === 'launching' || state === 'draining' || (state === 'terminating' && !drained.has(id))) {
      underWay.push(id)
    }
  }
  const still = new Set(underWay)
  // One that came into service said itself when; of the others only this is known, that they were at it last time.
  const launched = new Set(instances.filter(({ readyAt }) => readyAt !== undefined).map(({ id }) => id))
  const isOver = (id: string): boolean => !still.has(id) && (drained.has(id) || !launched.has(id))
  if (memory?.underWay.some(isOver) === true) endsAt(now)
  if (memory !== undefined && memory.desired !== desired) endsAt(now)
  return {
    underWayCount: underWay.length,
    endedAt,
    memory: { desired, underWay, drained: stillDrained, ...(endedAt === undefined ? {} : { endedAt }) },
  }
}

/** The memory as JSON. */
export function activityToJson(memory: ActivityMemory): Json {
  return { ...memory }
}

/** The memory out of stored JSON; undefined when this is not what `activityToJson` gave. */
export function activityFromJson(stored: Json | undefined): ActivityMemory | undefined {
  const memory = stored as Partial<Record<keyof ActivityMemory, unknown>> | null | undefined
  if (typeof memory !== 'object' || memory === null) return undefined
  const { desired, underWay, drained, endedAt } = memory
  if (typeof desired !== 'number' || !isTexts(underWay) || !isTexts(drained)) return undefined
  if (endedAt !== undefined && typeof endedAt !== 'number') return undefined
  return { desired, underWay, drained, endedAt }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
