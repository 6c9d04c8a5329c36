import type { GroupStatus, LifecycleState } from '@flotilla/core'
import type { Definitions } from './definitions.js'

/** All of them are shown, also with none, so that a query has no gaps. */
const states: readonly LifecycleState[] = [
  'launching',
  'warming',
  'in-service',
  'draining',
  'terminating',
  'failed',
  'standby',
  'warm',
]

/** Sets the gauges of one group to what its status says. What is not known has no value, and is never 0. */
export function showStatus(status: GroupStatus, to: Definitions): void {
  const { group, min, max, desired, instances, owner, suspended, problems, backoff, lastDecision } = status
  to.min.set({ group }, min)
  to.max.set({ group }, max)
  if (desired !== undefined) to.desired.set({ group }, desired)
  for (const state of states) {
    to.instances.set({ group, state }, instances.filter((one) => one.state === state).length)
  }
  to.protectedInstances.set({ group }, instances.filter(({ isProtected }) => isProtected).length)
  if (owner !== undefined) to.owned.set({ group }, Number(owner.isHeld))
  for (const process of suspended) to.suspended.set({ group, process }, 1)
  for (const { kind } of problems) to.problems.inc({ group, kind })
  to.launchFailures.set({ group }, backoff?.failures ?? 0)
  if (backoff !== undefined) to.nextLaunch.set({ group }, backoff.until / 1000)
  if (lastDecision === undefined) return
  to.lastTick.set({ group }, lastDecision.at / 1000)
  for (const { name: metric, unit, mean, absentCount } of lastDecision.metrics) {
    if (mean !== undefined) to.metric.set({ group, metric, unit }, mean)
    to.metricAbsent.set({ group, metric }, absentCount)
  }
  for (const { policy, proposal } of lastDecision.policies) {
    if (proposal.kind === 'count') to.proposal.set({ group, policy }, proposal.count)
  }
  for (const { name: shadow, desired: wanted } of lastDecision.shadows ?? []) {
    to.shadow.set({ group, shadow }, wanted)
  }
}
