import * as v from 'valibot'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { positiveNumber } from '../../options/checks.js'
import { blindSpot, notDown } from './blind-spot.js'
import { combined } from './combine.js'
import { policySchema } from '../kit/declared.js'
import type { Policy, PolicyInput, PolicyTrace, Proposal } from '../policy.js'
import { brief, roundUp, wholeCount } from '../kit/read.js'
import { type Form, listForm } from '../../options/form.js'

/** One voice of a weighted mean. */
export interface WeightedPart {
  readonly policy: Policy
  /** Above 0; only the ratios to the other weights matter. */
  readonly weight: number
}

const schema = v.array(
  v.strictObject({ policy: policySchema, weight: positiveNumber() }),
  'a list of parts such as { policy, weight: 2 }',
)

/**
 * The mean of the counts, each by its weight, rounded up. A part without an opinion is left out of the mean. While one
 * cannot tell, or is content without having seen every instance, the group does not shrink.
 *
 * @throws FlotillaError `invalid-options` without a policy, or with a weight that is not above 0
 */
export function weighted(...parts: readonly WeightedPart[]): Policy {
  const given = checkOptions('weighted', schema, parts)
  if (given.length === 0) throw invalidOption('weighted', '', 'none', 'given at least one policy')
  const policies = given.map(({ policy }) => policy)
  const weights = given.map(({ weight }) => weight)
  return combined(
    'weighted',
    policies,
    (traces, input) => mean(traces, weights, input, () => blindSpot(policies, traces, input)),
    `weighted(${given.map(({ policy, weight }) => `${brief(weight)} x ${policy.name}`).join(', ')})`,
  )
}

function mean(
  traces: readonly PolicyTrace[],
  weights: readonly number[],
  { observation }: PolicyInput,
  unseen: () => PolicyTrace | undefined,
): Proposal {
  const voices = traces.flatMap(({ proposal }, index) =>
    proposal.kind === 'count' ? [{ count: proposal.count, weight: weights[index] ?? 0 }] : [],
  )
  if (voices.length === 0) {
    const blind = unseen()
    return blind?.proposal ?? { kind: 'no-opinion', reason: 'no part has an opinion' }
  }
  const heaviest = Math.max(...voices.map(({ weight }) => weight))
  // Against the heaviest first: the sum of two huge weights would be no finite number.
  const total = voices.reduce((sum, { weight }) => sum + weight / heaviest, 0)
  const exact = voices.reduce((sum, { count, weight }) => sum + count * (weight / heaviest / total), 0)
  const count = wholeCount(roundUp(exact))
  if (count < observation.desired) {
    const blind = unseen()
    if (blind !== undefined) return notDown(blind, count)
  }
  const sum = voices.map((voice) => `${brief(voice.weight)} x ${voice.count}`).join(' + ')
  return { kind: 'count', count, reason: `weighted mean of ${sum} is ${brief(exact)}` }
}

/** How `weighted` is written in a file. */
export const weightedForm: Form = listForm('a policy', 'weighted', weighted, schema.item)
