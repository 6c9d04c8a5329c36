import type { TrackedInstance } from '../../model.js'

/** How long an instance takes from launch to service, learnt by watching. */
export type StartTime = {
  ms: number
  /** Starts seen. */
  count: number
}

/** A guess until the first start is seen: between a container's and a cloud server's. */
const firstGuessMs = 45_000
const longestMs = 3_600_000

/** Weight of a new start, once there are ten. */
const weight = 0.1

export const guessedStart = (): StartTime => ({ ms: firstGuessMs, count: 0 })

/**
 * The same, with the starts in it that ended since the last look.
 *
 * @param since - the last look; undefined at the first, when a `readyAt` may be no more than the time of adoption
 */
export function learnStart(
  known: StartTime,
  instances: readonly TrackedInstance[],
  since: number | undefined,
  now: number,
): StartTime {
  if (since === undefined) return known
  let { ms, count } = known
  for (const { readyAt, createdAt } of instances) {
    if (readyAt === undefined || readyAt <= since || readyAt > now) continue
    const tookMs = readyAt - createdAt
    if (!(tookMs > 0 && tookMs <= longestMs)) continue
    count = Math.min(1_000_000, count + 1)
    ms += (tookMs - ms) * Math.max(weight, 1 / count)
  }
  return { ms, count }
}

/**
 * The time to reckon with for a start now. While none has been seen to its end, one that is still on its way has taken
 * at least its age.
 */
export function expectedStartMs(
  known: StartTime,
  instances: readonly TrackedInstance[],
  now: number,
): number {
  if (known.count > 0) return known.ms
  let longest = known.ms
  for (const { state, createdAt } of instances) {
    if (state === 'launching') longest = Math.max(longest, Math.min(longestMs, now - createdAt))
  }
  return longest
}
