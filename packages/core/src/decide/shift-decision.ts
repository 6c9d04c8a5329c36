import { shiftLastKnown } from '../metrics/readings/last-known.js'
import type { Policy } from '../policies/policy.js'
import { shiftParts } from '../policies/kit/stored-state.js'
import { shiftDamping } from './damping.js'
import type { DecisionState } from './decide.js'

/**
 * The state of decisions after the wall clock jumped by `byMs`: windows, cooldowns, last known values and what policies
 * remember keep their ages. It moves only forward: `decide` sees a clock that went back for itself, holds, and says so,
 * and what a policy remembers of a later time counts as now.
 *
 * @param policies - those that the state is of
 */
export function shiftDecision(
  state: DecisionState,
  byMs: number,
  policies: readonly Policy[],
): DecisionState {
  if (byMs < 0) return state
  return {
    ...state,
    at: state.at + byMs,
    damping: shiftDamping(state.damping, byMs),
    policies: shiftParts(policies, state.policies, byMs),
    lastKnown: shiftLastKnown(state.lastKnown, byMs),
  }
}
