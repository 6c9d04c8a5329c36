import * as v from 'valibot'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { positiveNumber, text } from '../../options/checks.js'
import { type NamedMetrics, formulaValue } from './formula-value.js'
import type { Policy, PolicyInput, Proposal } from '../policy.js'
import { brief, roundUp, wholeCount } from '../kit/read.js'
import { shrinkOnlyInFullView } from '../kit/single-value.js'
import { trackGroupValue } from '../kubernetes/target-tracking.js'
import { type ToleranceOption, fullTolerance, toleranceSchema } from '../kit/tolerance.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `formula()`. */
export interface FormulaOptions extends NamedMetrics {
  /** What the result is held at, as in `targetTracking`. Left out, the result is the count itself, rounded up. */
  readonly target?: number | undefined
  /** With a target: `average` (default) divides the result by the number of instances, `value` does not. */
  readonly type?: 'average' | 'value' | undefined
  /** With a target: as in `targetTracking`. */
  readonly tolerance?: ToleranceOption
}

const schema = v.strictObject({
  expression: text(),
  metrics: v.record(text(), text()),
  target: v.optional(positiveNumber()),
  type: v.optional(v.picklist(['average', 'value'])),
  tolerance: toleranceSchema,
})

/**
 * One number out of several metrics, and a count out of that: KEDA's scaling modifiers.
 *
 * A metric that is missing makes the result missing, and the policy cannot tell; `a ?? b ?? 8` is a chain that goes on
 * to the next at once, where KEDA waits for its failure threshold (`whenMissing: { kind: 'last' }` of a metric waits). A
 * metric of instances that some did not give still counts, and keeps the group from shrinking.
 *
 * @throws FlotillaError `invalid-options`: an expression that cannot be read, a name in it that is not in `metrics`
 * @see https://keda.sh/docs/latest/concepts/scaling-deployments/#scaling-modifiers
 *
 * @example
 * ```ts
 * import { formula } from '@flotilla/core'
 *
 * // One instance for each 20 of what waits in either queue.
 * const policy = formula({
 *   expression: 'mail + (sms ?? 0)',
 *   metrics: { mail: 'mail.waiting', sms: 'sms.waiting' },
 *   target: 20,
 * })
 * ```
 */
export function formula(options: FormulaOptions): Policy {
  const given = checkOptions('formula', schema, options)
  const { target, type = 'average' } = given
  const tolerance = fullTolerance(given.tolerance)
  const result = formulaValue('formula', given)
  const { shown, metrics } = result
  for (const field of ['type', 'tolerance'] as const) {
    if (target === undefined && given[field] !== undefined) {
      throw invalidOption('formula', field, given[field], 'left out without a target')
    }
  }

  const propose = (input: PolicyInput, value: number): Proposal => {
    if (target !== undefined) {
      return trackGroupValue(shown, value, input.observation, { target, type, tolerance })
    }
    const count = wholeCount(roundUp(value))
    return { kind: 'count', count, reason: `${shown} is ${brief(value)}, so ${count}` }
  }

  return {
    name: `formula(${shown})`,
    metrics,
    evaluate(input) {
      const seen = result.valueOf(input)
      if (seen.of === 'nothing') return { proposal: { kind: 'cannot-tell', reason: seen.reason } }
      const { desired } = input.observation
      return { proposal: shrinkOnlyInFullView(propose(input, seen.value), desired, seen.missingCount) }
    },
  }
}

/** How `formula` is written in a file. */
export const formulaForm: Form = optionsForm('a policy', 'formula', formula, schema)
