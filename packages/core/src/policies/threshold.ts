import * as v from 'valibot'
import { checkOptions, invalidOption } from '../options/check-options.js'
import { finiteNumber, text, wholeNumber } from '../options/checks.js'
import { type MemberValues, brief, meanOf, viewMetric } from './kit/read.js'
import { comparedWith } from './kit/declared.js'
import type { Policy, Proposal } from './policy.js'
import { type Form, optionsForm } from '../options/form.js'

/** Options of `threshold()`. */
export interface ThresholdOptions {
  readonly metric: string
  /** Grow when the value is above this. In the metric's own unit: 0.7 for 70 % CPU. */
  readonly above?: number | undefined
  /** Shrink when the value is below this. */
  readonly below?: number | undefined
  /** How many instances to add or remove at once; 1 each way by default. */
  readonly step?: number | { readonly out?: number | undefined; readonly in?: number | undefined } | undefined
}

const schema = v.strictObject({
  metric: text(),
  above: v.optional(finiteNumber()),
  below: v.optional(finiteNumber()),
  step: v.optional(
    v.union(
      [wholeNumber(1), v.strictObject({ out: v.optional(wholeNumber(1)), in: v.optional(wholeNumber(1)) })],
      'a whole number >= 1, or { out: 2, in: 1 }',
    ),
  ),
})

/**
 * A fixed step up above one value, a fixed step down below another: the rule most shell loops run. Metrics of instances
 * are averaged over those in service; instances still coming count as idle before the group grows further, and one in
 * service without a reading keeps it from shrinking. Pair it with `behavior.scaleOut.cooldownMs`.
 *
 * @throws FlotillaError `invalid-options`, also when neither bound is given or `below` is not under `above`
 */
export function threshold(options: ThresholdOptions): Policy {
  const { metric, above = Infinity, below = -Infinity, step = 1 } = checkOptions('threshold', schema, options)
  if (above === Infinity && below === -Infinity) {
    throw invalidOption('threshold', 'above', undefined, 'given, or below, or both')
  }
  if (below >= above) throw invalidOption('threshold', 'below', below, `under above (${above})`)
  const stepOut = typeof step === 'number' ? step : (step.out ?? 1)
  const stepIn = typeof step === 'number' ? step : (step.in ?? 1)

  const move = (value: number, current: number, what: string): Proposal => {
    if (value > above) return { kind: 'count', count: current + stepOut, reason: `${what} > ${brief(above)}` }
    if (value < below) {
      return { kind: 'count', count: Math.max(0, current - stepIn), reason: `${what} < ${brief(below)}` }
    }
    return { kind: 'count', count: current, reason: `${what} is between the thresholds` }
  }

  const overMembers = (values: MemberValues, current: number): Proposal => {
    const { ready, notReadyCount, missingCount } = values
    const mean = meanOf(ready)
    const what = `${metric} ${brief(mean)} over ${ready.length}`
    const proposal = move(mean, current, what)
    if (mean > above && notReadyCount + missingCount > 0) {
      const diluted = (mean * ready.length) / (ready.length + notReadyCount + missingCount)
      if (diluted <= above) {
        return {
          kind: 'count',
          count: current,
          reason: `${what}, ${brief(diluted)} with ${notReadyCount} coming and ${missingCount} missing taken as idle`,
        }
      }
    }
    if (mean < below && missingCount > 0) {
      return {
        kind: 'count',
        count: current,
        reason: `${what}, but ${missingCount} in service gave no value`,
      }
    }
    return proposal
  }

  return {
    name: `threshold(${metric})`,
    ...comparedWith('threshold', metric, { above, below }),
    evaluate({ readings, observation }) {
      const view = viewMetric(metric, readings, observation)
      switch (view.of) {
        case 'nothing':
          return { proposal: { kind: 'cannot-tell', reason: view.reason } }
        case 'instances':
          return { proposal: overMembers(view.values, observation.desired) }
        case 'group': {
          const { value } = view.reading
          return { proposal: move(value, observation.desired, `${metric} ${brief(value)}`) }
        }
      }
    },
  }
}

/** How `threshold` is written in a file. */
export const thresholdForm: Form = optionsForm('a policy', 'threshold', threshold, schema)
