import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { text } from '../../options/checks.js'
import type { Policy } from '../policy.js'
import { brief, viewMetric, wholeCount } from '../kit/read.js'
import { type StepLimit, stepLimitEntries, withinStep } from '../kit/step-limit.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `passThrough()`. */
export interface PassThroughOptions extends StepLimit {
  /** A metric of the whole group whose value is the count: a query that does its own arithmetic. */
  readonly metric: string
}

const schema = v.strictObject({ metric: text(), ...stepLimitEntries })

/**
 * The metric's value as the count, without its fraction: Nomad's pass-through strategy. Below zero is none.
 *
 * @throws FlotillaError `invalid-options`
 * @see https://developer.hashicorp.com/nomad/tools/autoscaling/plugins/strategy/pass-through
 */
export function passThrough(options: PassThroughOptions): Policy {
  const { metric, ...limit } = checkOptions('passThrough', schema, options)
  return {
    name: `passThrough(${metric})`,
    metrics: [metric],
    evaluate({ readings, observation }) {
      const view = viewMetric(metric, readings, observation)
      if (view.of === 'nothing') return { proposal: { kind: 'cannot-tell', reason: view.reason } }
      if (view.of === 'instances') {
        const reason = `${metric} is of single instances; a count is read from a metric of the group`
        return { proposal: { kind: 'cannot-tell', reason } }
      }
      const { value } = view.reading
      const wanted = wholeCount(value)
      const { count, why } = withinStep(observation.desired, wanted, limit)
      return { proposal: { kind: 'count', count, reason: `${metric} says ${brief(value)}${why}` } }
    },
  }
}

/** How `passThrough` is written in a file. */
export const passThroughForm: Form = optionsForm('a policy', 'passThrough', passThrough, schema)
