import { type GroupState, unlistedTokens } from '../life/group-state.js'
import type { FullOptions } from '../options/full-options.js'
import type { Operations } from './operations.js'
import type { Ending } from './terminate-all.js'

/** A backend settles soon after its calls were aborted: it has half-made machines to take away. */
const mostSettleMs = 30_000

/**
 * Waits, for a while, until the backend has settled every call; then gives the tokens of launches whose machine may appear
 * although no list has shown it: cut off, their reply lost, or asked for by a controller before this one.
 *
 * @param beganAt - when this controller began, epoch milliseconds
 */
export async function cutOff(
  operations: Operations,
  state: GroupState,
  { clock, life }: Pick<FullOptions, 'clock' | 'life'>,
  beganAt: number,
): Promise<Omit<Ending, 'drainMs'>> {
  const timer = new AbortController()
  const bound = clock.sleep(mostSettleMs, { signal: timer.signal }).catch(() => {})
  await Promise.race([operations.settled(), bound])
  timer.abort('settled')
  const inherited = [...state.intents.values()].filter(
    ({ askedAt = -Infinity }) => askedAt < beganAt && clock.now() - askedAt < life.lateMs,
  )
  return {
    doubtful: new Set([...operations.open, ...inherited.map(({ token }) => token)]),
    unsettled: () => operations.unsettled,
    unlisted: new Set(unlistedTokens(state)),
  }
}
