import type { LifeLimits } from '../life/life-limits.js'
import { type GroupState, wantedIntents } from '../life/group-state.js'
import type { PassKind } from './loop.js'

/** While a machine boots, its backend is asked this often. */
const bootPollMs = 2000

/** When something will be due that no event announces: a backoff that ends, a warm-up, a retry, a machine still without address. */
export function nextDueMs(
  { members, intents, backoff, desired = 0 }: GroupState,
  limits: LifeLimits,
  now: number,
  balancerRetryInMs?: number,
): { readonly kind: PassKind; readonly inMs: number } | undefined {
  const times: number[] = balancerRetryInMs === undefined ? [] : [now + balancerRetryInMs]
  let isBooting = false
  for (const { state, stateSince, retryAt, status, address } of members.values()) {
    if (state === 'warming') times.push(stateSince + limits.warmupMs)
    if (state === 'terminating' && retryAt > now) times.push(retryAt)
    if (state !== 'launching') continue
    if (!limits.backendChooses) times.push(stateSince + limits.readyTimeoutMs)
    if (status === 'pending' || (limits.needsAddress && address === undefined)) isBooting = true
  }
  if (backoff.until > now && (wantedIntents({ intents }).length > 0 || members.size < desired))
    times.push(backoff.until)
  if (isBooting) times.push(now + bootPollMs)
  if (times.length === 0) return undefined
  return { kind: isBooting ? 'check' : 'reconcile', inMs: Math.max(1, Math.min(...times) - now) }
}
