import { shiftDamping } from '../decide/damping.js'
import type { GroupState } from './group-state.js'

/**
 * The state after the wall clock jumped by `byMs`: every time remembered moves along, so that ages stay what they were.
 * Damping of decisions moves only forward here; `decide` sees a clock that went back for itself, holds, and says so.
 */
export function shiftTimes(state: GroupState, byMs: number): GroupState {
  const { decision, backoff } = state
  return {
    ...state,
    members: new Map(
      [...state.members].map(([id, member]) => [
        id,
        {
          ...member,
          stateSince: member.stateSince + byMs,
          readyAt: member.readyAt === undefined ? undefined : member.readyAt + byMs,
          retryAt: member.retryAt === 0 ? 0 : member.retryAt + byMs,
        },
      ]),
    ),
    intents: new Map(
      [...state.intents].map(([token, intent]) => [token, { ...intent, at: intent.at + byMs }]),
    ),
    backoff: {
      ...backoff,
      lastFailureAt: backoff.lastFailureAt + byMs,
      until: backoff.until === 0 ? 0 : backoff.until + byMs,
    },
    decision:
      decision === undefined || byMs < 0
        ? decision
        : {
            ...decision,
            at: decision.at + byMs,
            damping: shiftDamping(decision.damping, byMs),
          },
  }
}
