import { type Behavior, type Policy, dampen, fixed } from '@flotilla/core'
import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'

/** A rule for a group's size with all that belongs to it: what is compared. */
export interface Contender {
  /** For tables and pictures. */
  readonly name: string
  /** One or several, of which the largest count wins. */
  readonly policy: Policy | readonly Policy[]
  /** Default: that of a live group, which is that of Kubernetes' HPA. */
  readonly behavior?: Behavior | undefined
  /** Bounds of its own inside those of the replay. */
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** Where the rule comes from, and what was left to our reading. */
  readonly source?: string | undefined
}

export const policySchema: v.GenericSchema<Policy | readonly Policy[]> = v.union(
  [
    v.pipe(v.array(check.having<Policy>('a policy', 'evaluate')), v.minLength(1)),
    check.having<Policy>('a policy', 'evaluate'),
  ],
  'a policy, or a list of them',
)

const contenderSchema = v.strictObject({
  name: check.text(),
  policy: policySchema,
  behavior: v.optional(v.unknown()),
  min: v.optional(check.wholeNumber()),
  max: v.optional(check.wholeNumber(1)),
  source: v.optional(v.string()),
})

/**
 * Whatever a caller compares, as a contender.
 *
 * @throws FlotillaError `invalid-options`
 */
export function contenderOf(candidate: Contender | Policy): Contender {
  const contender = isPolicy(candidate) ? { name: candidate.name, policy: candidate } : candidate
  checkOptions('contender', contenderSchema, contender)
  // Core's own check, by way of something that takes a behavior.
  if (contender.behavior !== undefined) dampen(fixed(0), contender.behavior)
  return contender
}

function isPolicy(candidate: Contender | Policy): candidate is Policy {
  return typeof candidate === 'object' && candidate !== null && 'evaluate' in candidate
}

export function policiesOf({ policy }: Contender): readonly Policy[] {
  return 'evaluate' in policy ? [policy] : policy
}
