import { checkOptions, invalidOption } from '../../options/check-options.js'
import { evaluateParts } from '../kit/evaluate.js'
import { shiftParts } from '../kit/stored-state.js'
import { metricsOf, policySchema } from '../kit/declared.js'
import type { Policy, PolicyInput, PolicyTrace, Proposal } from '../policy.js'
import { type Form, listForm } from '../../options/form.js'

/**
 * The largest count wins. While one part cannot tell, the group does not shrink; it may still grow.
 *
 * @throws FlotillaError `invalid-options` without a policy
 */
export function maxOf(...policies: readonly Policy[]): Policy {
  return combined('maxOf', policies, (traces, { observation }) =>
    combineExtreme(traces, observation.desired, 'largest', Math.max),
  )
}

/**
 * The smallest count wins: the others are ceilings. While one part cannot tell, the group does not shrink.
 *
 * @throws FlotillaError `invalid-options` without a policy
 */
export function minOf(...policies: readonly Policy[]): Policy {
  return combined('minOf', policies, (traces, { observation }) =>
    combineExtreme(traces, observation.desired, 'smallest', Math.min),
  )
}

/**
 * The first part that names a count wins: a chain of fallbacks, such as a Prometheus query, then the instances' own
 * CPU, then a fixed count.
 *
 * @throws FlotillaError `invalid-options` without a policy
 */
export function firstOf(...policies: readonly Policy[]): Policy {
  return combined('firstOf', policies, (traces) => {
    const first = traces.find(({ proposal }) => proposal.kind === 'count')
    if (first !== undefined) return chosen(first)
    return traces.find(({ proposal }) => proposal.kind === 'cannot-tell')?.proposal ?? silence
  })
}

/** What a combination says when no part has anything to say. */
export const silence: Proposal = { kind: 'no-opinion', reason: 'no policy has an opinion' }

/** Several proposals as one: an extreme of the counts, kept from shrinking while a part cannot tell. */
export function combineExtreme(
  traces: readonly PolicyTrace[],
  current: number,
  which: 'largest' | 'smallest',
  pick: (...counts: number[]) => number,
): Proposal {
  const counts = traces.flatMap(({ proposal }) => (proposal.kind === 'count' ? [proposal.count] : []))
  const blind = traces.find(({ proposal }) => proposal.kind === 'cannot-tell')
  if (counts.length === 0) return blind?.proposal ?? silence
  const winner = pick(...counts)
  if (blind !== undefined && winner < current) {
    const reason = `${blind.policy} cannot tell (${blind.proposal.reason}), so not down to ${winner}`
    return { kind: 'cannot-tell', reason }
  }
  const from = traces.find(({ proposal }) => proposal.kind === 'count' && proposal.count === winner)
  if (from === undefined) return silence
  if (counts.length === 1) return chosen(from)
  return { kind: 'count', count: winner, reason: `${which} of ${counts.join(', ')}: ${label(from)}` }
}

/** A part's reason, with its name. */
export const label = ({ policy, proposal }: PolicyTrace): string => `${policy}: ${proposal.reason}`

/** The proposal of the part that won, with whose it was. */
export function chosen(trace: PolicyTrace): Proposal {
  return trace.proposal.kind === 'count' ? { ...trace.proposal, reason: label(trace) } : trace.proposal
}

/**
 * A policy made of others: each is evaluated with its own state, and `combine` makes one proposal of theirs.
 *
 * @param name - the constructor, for errors and the policy's name
 * @param shown - the policy's name, when it says more than its parts
 * @throws FlotillaError `invalid-options` without a policy, or with what is none
 */
export function combined(
  name: string,
  policies: readonly Policy[],
  combine: (traces: readonly PolicyTrace[], input: PolicyInput) => Proposal,
  shown?: string,
): Policy {
  if (policies.length === 0) throw invalidOption(name, '', 'none', 'given at least one policy')
  for (const [index, policy] of policies.entries()) {
    checkOptions(name, policySchema, policy, String(index))
  }
  return {
    name: shown ?? `${name}(${policies.map((policy) => policy.name).join(', ')})`,
    ...metricsOf(policies),
    evaluate(input) {
      const { traces, state } = evaluateParts(policies, input)
      return { proposal: combine(traces, input), state, parts: traces }
    },
    shiftState: (state, byMs) => shiftParts(policies, state, byMs),
  }
}

/** How `maxOf` is written in a file. */
export const maxOfForm: Form = listForm('a policy', 'maxOf', maxOf, policySchema)

/** How `minOf` is written in a file. */
export const minOfForm: Form = listForm('a policy', 'minOf', minOf, policySchema)

/** How `firstOf` is written in a file. */
export const firstOfForm: Form = listForm('a policy', 'firstOf', firstOf, policySchema)
