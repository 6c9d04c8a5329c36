import { label } from './combine.js'
import type { Policy, PolicyInput, PolicyTrace, Proposal } from '../policy.js'
import { viewMetric } from '../kit/read.js'

/**
 * What keeps a combination from shrinking: a part that cannot tell, or one that would keep the count and did not see
 * every instance. Where other parts are content they do not count, but this one may be so for want of data alone.
 *
 * @param policies - the parts, in the order of `traces`
 */
export function blindSpot(
  policies: readonly Policy[],
  traces: readonly PolicyTrace[],
  input: PolicyInput,
): PolicyTrace | undefined {
  const current = input.observation.desired
  return traces.find(({ proposal }, index) => {
    if (proposal.kind === 'cannot-tell') return true
    if (proposal.kind !== 'count' || proposal.count !== current) return false
    return policies[index]?.metrics.some((metric) => isPartlyMissing(metric, input)) === true
  })
}

/** The proposal that says so. */
export function notDown(blind: PolicyTrace, to: number | undefined): Proposal {
  if (to === undefined) return { kind: 'cannot-tell', reason: label(blind) }
  const why = blind.proposal.kind === 'cannot-tell' ? 'cannot tell' : 'did not see every instance'
  return {
    kind: 'cannot-tell',
    reason: `${blind.policy} ${why} (${blind.proposal.reason}), so not down to ${to}`,
  }
}

function isPartlyMissing(metric: string, { readings, observation }: PolicyInput): boolean {
  const view = viewMetric(metric, readings, observation)
  return view.of === 'instances' && view.values.missingCount > 0
}
