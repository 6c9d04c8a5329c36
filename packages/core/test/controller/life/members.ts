import type { LifeLimits } from '../../../src/controller/life/life-limits.js'
import { type GroupState, type Member, freshState } from '../../../src/controller/life/group-state.js'
import { at, instance } from '../../observations.js'

/** A member of the group, in service for an hour unless the test says otherwise. */
export function member(id: string, facts: Partial<Member> = {}): Member {
  return {
    ...instance(id),
    address: { host: '10.0.0.1', port: 80 },
    status: 'running',
    stateSince: at - 3_600_000,
    readyAt: at - 3_600_000,
    failedProbes: 0,
    attempts: 0,
    retryAt: 0,
    ...facts,
  }
}

export function groupOf(members: readonly Member[], facts: Partial<GroupState> = {}): GroupState {
  return {
    ...freshState,
    desired: members.length,
    members: new Map(members.map((one) => [one.id, one])),
    ...facts,
  }
}

export const limits: LifeLimits = {
  warmupMs: 0,
  readyTimeoutMs: 300_000,
  failureThreshold: 3,
  maxUnhealthyRatio: 0.5,
  stableMs: 60_000,
  lateMs: 600_000,
  backoff: { baseMs: 1000, capMs: 600_000 },
  hasProbe: true,
  needsAddress: true,
  backendChooses: false,
}
