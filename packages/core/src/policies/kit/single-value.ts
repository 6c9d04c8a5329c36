import type { PolicyInput, Proposal } from '../policy.js'
import { brief, meanOf, viewMetric } from './read.js'

/** A metric as one number: the group's own value, or the mean over the instances in service. */
export type SingleValue =
  | {
      readonly of: 'value'
      readonly value: number
      /** Epoch milliseconds: when the group's value was taken; for a mean, now. */
      readonly at: number
      /** The metric and its value, for a reason. */
      readonly what: string
      /** Instances that run and are not in the mean for want of a value. */
      readonly missingCount: number
    }
  | { readonly of: 'nothing'; readonly reason: string }

/** Looks a metric up as one number, for rules that compare it with a bound. */
export function singleValue(
  metric: string,
  { readings, observation, now }: Pick<PolicyInput, 'readings' | 'observation' | 'now'>,
): SingleValue {
  const view = viewMetric(metric, readings, observation)
  switch (view.of) {
    case 'nothing':
      return view
    case 'group': {
      const { value, at } = view.reading
      return { of: 'value', value, at: Math.min(at, now), what: `${metric} ${brief(value)}`, missingCount: 0 }
    }
    case 'instances': {
      const { ready, missingCount } = view.values
      const value = meanOf(ready)
      const what = `${metric} ${brief(value)} over ${ready.length}`
      return { of: 'value', value, at: now, what, missingCount }
    }
  }
}

/** The proposal, unless it would shrink a group that was not seen whole: what is missing may be the busy part. */
export function shrinkOnlyInFullView(proposal: Proposal, current: number, missingCount: number): Proposal {
  if (proposal.kind !== 'count' || proposal.count >= current || missingCount === 0) return proposal
  const reason = `${proposal.reason}; but ${missingCount} that run gave no value, so not down to ${proposal.count}`
  return { kind: 'count', count: current, reason }
}
