import * as v from 'valibot'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { finiteNumber } from '../../options/checks.js'
import { chosen, combineExtreme, combined, silence } from './combine.js'
import { policySchema } from '../kit/declared.js'
import type { Policy, PolicyTrace, Proposal } from '../policy.js'
import { type Form, listForm } from '../../options/form.js'

/** One part of a ranking. */
export interface PrioritizedPart {
  readonly policy: Policy
  /** The higher goes first. Of parts of the same priority the largest count wins. */
  readonly priority: number
}

const schema = v.array(
  v.strictObject({ policy: policySchema, priority: finiteNumber() }),
  'a list of parts such as { policy, priority: 1 }',
)

/**
 * The part of the highest priority that has an opinion decides. One that cannot tell hands over to the next, which may
 * then grow the group and not shrink it; `firstOf` is the chain in which it may do both.
 *
 * @throws FlotillaError `invalid-options` without a policy
 */
export function byPriority(...parts: readonly PrioritizedPart[]): Policy {
  const given = checkOptions('byPriority', schema, parts)
  if (given.length === 0) throw invalidOption('byPriority', '', 'none', 'given at least one policy')
  const ranked = given.toSorted((a, b) => b.priority - a.priority)
  const priorities = ranked.map(({ priority }) => priority)
  return combined(
    'byPriority',
    ranked.map(({ policy }) => policy),
    (traces, { observation }) => decideByRank(traces, priorities, observation.desired),
  )
}

function decideByRank(
  traces: readonly PolicyTrace[],
  priorities: readonly number[],
  current: number,
): Proposal {
  let blind: PolicyTrace | undefined
  for (const priority of new Set(priorities)) {
    const peers = traces.filter((_, index) => priorities[index] === priority)
    const proposal = combineExtreme(peers, current, 'largest', Math.max)
    if (proposal.kind === 'count') {
      if (blind === undefined) return proposal
      if (proposal.count > current) return proposal
      const reason = `${blind.policy} cannot tell (${blind.proposal.reason}), and what ranks below it may only grow`
      return { kind: 'cannot-tell', reason }
    }
    blind ??= peers.find((trace) => trace.proposal.kind === 'cannot-tell')
  }
  return blind === undefined ? silence : chosen(blind)
}

/** How `byPriority` is written in a file. */
export const byPriorityForm: Form = listForm('a policy', 'byPriority', byPriority, schema.item)
