import { shiftDecision } from '../../decide/shift-decision.js'
import type { FullOptions } from '../options/full-options.js'
import type { GroupState } from '../life/group-state.js'

/**
 * The state after the wall clock jumped by `byMs`: every time remembered moves along, so that ages stay what they were.
 */
export function shiftTimes(
  state: GroupState,
  byMs: number,
  { policies, shadows: watching }: Pick<FullOptions, 'policies' | 'shadows'>,
): GroupState {
  const { decision, shadows, backoff } = state
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
      [...state.intents].map(([token, intent]) => [
        token,
        {
          ...intent,
          at: intent.at + byMs,
          askedAt: intent.askedAt === undefined ? undefined : intent.askedAt + byMs,
        },
      ]),
    ),
    backoff: {
      ...backoff,
      lastFailureAt: backoff.lastFailureAt + byMs,
      lastDeathAt: backoff.lastDeathAt === 0 ? 0 : backoff.lastDeathAt + byMs,
      raisedAt: backoff.raisedAt + byMs,
      until: backoff.until === 0 ? 0 : backoff.until + byMs,
    },
    decision: decision === undefined ? undefined : shiftDecision(decision, byMs, policies),
    shadows: new Map(
      watching.flatMap(({ name, policies: own }) => {
        const shadow = shadows.get(name)
        return shadow === undefined ? [] : [[name, shiftDecision(shadow, byMs, own)] as const]
      }),
    ),
  }
}
