import * as v from 'valibot'
import { checkOptions } from '../options/check-options.js'
import { func, text } from '../options/checks.js'
import { soundProposal } from './kit/evaluate.js'
import type { Policy, PolicyInput, Proposal } from './policy.js'
import { type Form, optionsForm } from '../options/form.js'

/** Options of `customPolicy()`. */
export interface CustomPolicyOptions {
  readonly name: string
  /** The metrics it reads; default none. */
  readonly metrics?: readonly string[] | undefined
  /** A pure function. A plain number is a count with the policy's name as its reason. */
  readonly propose: (input: Omit<PolicyInput, 'state'>) => Proposal | number
}

const schema = v.strictObject({
  name: text(),
  metrics: v.optional(v.array(text())),
  propose: func<CustomPolicyOptions['propose']>(),
})

/**
 * A policy from a function of your own. An answer that is no count makes it `cannot-tell`. For one that remembers, write a `Policy` and keep its memory in `state`.
 *
 * @throws FlotillaError `invalid-options`
 *
 * @example
 * ```ts
 * import { customPolicy } from '@flotilla/core'
 *
 * const perFifty = customPolicy({
 *   name: 'one for fifty',
 *   metrics: ['queue.length'],
 *   propose({ readings }) {
 *     const length = readings.ofGroup('queue.length')
 *     if (length?.kind !== 'value') return { kind: 'cannot-tell', reason: 'no queue.length' }
 *     return { kind: 'count', count: Math.ceil(length.value / 50), reason: `${length.value} wait` }
 *   },
 * })
 * ```
 */
export function customPolicy(options: CustomPolicyOptions): Policy {
  const { name, metrics = [], propose } = checkOptions('customPolicy', schema, options)
  return {
    name,
    metrics,
    evaluate({ readings, observation, now }) {
      const answer = propose({ readings, observation, now })
      if (typeof answer !== 'number') return { proposal: soundProposal(answer) }
      return { proposal: soundProposal({ kind: 'count', count: answer, reason: `${name} says ${answer}` }) }
    },
  }
}

/** How `customPolicy` is written in a file. */
export const customPolicyForm: Form = optionsForm('a policy', 'customPolicy', customPolicy, schema)
