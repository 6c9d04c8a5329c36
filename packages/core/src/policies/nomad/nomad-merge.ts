import { byDirection, countOf } from '../combine/any.js'
import { notDown } from '../combine/blind-spot.js'
import { chosen, combined, label, silence } from '../combine/combine.js'
import type { Policy, PolicyTrace, Proposal } from '../policy.js'
import { type Form, listForm } from '../../options/form.js'
import { policySchema } from '../kit/declared.js'

/**
 * Several checks as one, merged as Nomad's autoscaler merges those of a policy: up before none before down, and of two
 * that agree the larger count. One check that would do nothing, or has no opinion, keeps the group from shrinking; put
 * checks that should not into `any`, which is Nomad's named group. One outside its schedule (`during`, `scheduled`) has no
 * vote, as in Nomad, which skips it.
 *
 * Ours: a check that cannot tell keeps the group from shrinking too, and never from growing. In Nomad a query that fails
 * ends the whole evaluation.
 *
 * @throws FlotillaError `invalid-options` without a policy
 * @see https://developer.hashicorp.com/nomad/tools/autoscaling/policy#group
 */
export function nomadMerge(...checks: readonly Policy[]): Policy {
  return combined('nomadMerge', checks, (traces, { observation }) => merge(traces, observation.desired))
}

function merge(all: readonly PolicyTrace[], current: number): Proposal {
  const traces = all.filter(({ proposal }) => proposal.kind !== 'no-opinion' || proposal.isOutside !== true)
  const { growth, fall, content, blind } = byDirection(traces, current)
  if (growth !== undefined) return chosen(growth)
  if (blind !== undefined) return notDown(blind, fall && countOf(fall))
  if (content !== undefined) return chosen(content)
  const none = traces.find(({ proposal }) => proposal.kind === 'no-opinion')
  if (fall === undefined) return silence
  if (none === undefined) return chosen(fall)
  return {
    kind: 'count',
    count: current,
    reason: `one check would do nothing: ${label(none)}, so ${current}`,
  }
}

/** How `nomadMerge` is written in a file. */
export const nomadMergeForm: Form = listForm('a policy', 'nomadMerge', nomadMerge, policySchema)
