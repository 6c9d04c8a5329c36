import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { blindSpot, notDown } from '../combine/blind-spot.js'
import { combined, label, silence } from '../combine/combine.js'
import { policySchema } from '../kit/declared.js'
import type { Policy, PolicyTrace, Proposal } from '../policy.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `awsMerge()`. */
export interface AwsMergeOptions {
  /** Target tracking: grow when any of them wants to, shrink when all of them do. */
  readonly tracking?: readonly Policy[] | undefined
  /** Target tracking with scale-in disabled: grows the group, and has no say when it shrinks. */
  readonly outOnly?: readonly Policy[] | undefined
  /** Step, simple and scheduled scaling: one that is not in breach has no vote. */
  readonly steps?: readonly Policy[] | undefined
}

const schema = v.strictObject({
  tracking: v.optional(v.array(policySchema)),
  outOnly: v.optional(v.array(policySchema)),
  steps: v.optional(v.array(policySchema)),
})

/**
 * Several policies as one, merged as EC2 Auto Scaling merges them: whatever is in force, the largest capacity wins,
 * growing or shrinking. Target tracking counts as one voice, which shrinks only when every one of its policies would;
 * a step that shrinks is not held back by target tracking that is content.
 *
 * Ours: while any part cannot tell, or is content without having seen every instance, the group does not shrink. EC2
 * lets the other alarms go on.
 *
 * @throws FlotillaError `invalid-options` without a policy
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scale-based-on-demand.html#multiple-scaling-policy-resolution
 */
export function awsMerge(options: AwsMergeOptions): Policy {
  const { tracking = [], outOnly = [], steps = [] } = checkOptions('awsMerge', schema, options)
  const policies = [...tracking, ...outOnly, ...steps]
  const stepsFrom = tracking.length + outOnly.length
  return combined('awsMerge', policies, (traces, input) => {
    const current = input.observation.desired
    const votes = [
      ...trackingVote(traces.slice(0, tracking.length), current),
      ...traces
        .slice(tracking.length, stepsFrom)
        .flatMap(voteOf)
        .filter(({ count }) => count > current),
      ...traces.slice(stepsFrom).flatMap(voteOf),
    ]
    const winner = largest(votes)
    if (winner === undefined) return withoutVote(traces, current)
    const unseen = winner.count < current ? blindSpot(policies, traces, input) : undefined
    if (unseen !== undefined) return notDown(unseen, winner.count)
    const of = votes.length === 1 ? '' : `largest of ${votes.map(({ count }) => count).join(', ')}: `
    return { kind: 'count', count: winner.count, reason: `${of}${label(winner.trace)}` }
  })
}

function withoutVote(traces: readonly PolicyTrace[], current: number): Proposal {
  const blind = traces.find(({ proposal }) => proposal.kind === 'cannot-tell')
  if (blind !== undefined) return notDown(blind, undefined)
  const content = traces.find(({ proposal }) => proposal.kind === 'count')
  if (content === undefined) return silence
  return { kind: 'count', count: current, reason: `not every target is met with less: ${label(content)}` }
}

interface Vote {
  readonly count: number
  readonly trace: PolicyTrace
}

/** At most one vote: the largest growth, or the mildest fall when all of them would fall. */
function trackingVote(traces: readonly PolicyTrace[], current: number): readonly Vote[] {
  const votes = traces.flatMap(voteOf)
  const growth = largest(votes.filter(({ count }) => count > current))
  if (growth !== undefined) return [growth]
  const mayFall = traces.every(
    ({ proposal }) =>
      proposal.kind === 'no-opinion' || (proposal.kind === 'count' && proposal.count < current),
  )
  const fall = mayFall ? largest(votes) : undefined
  return fall === undefined ? [] : [fall]
}

const voteOf = (trace: PolicyTrace): readonly Vote[] =>
  trace.proposal.kind === 'count' ? [{ count: trace.proposal.count, trace }] : []

function largest(votes: readonly Vote[]): Vote | undefined {
  let best: Vote | undefined
  for (const vote of votes) if (best === undefined || vote.count > best.count) best = vote
  return best
}

/** How `awsMerge` is written in a file. */
export const awsMergeForm: Form = optionsForm('a policy', 'awsMerge', awsMerge, schema)
