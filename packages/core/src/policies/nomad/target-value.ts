import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { finiteNumber, text } from '../../options/checks.js'
import { comparedWith } from '../kit/declared.js'
import type { Policy, Proposal } from '../policy.js'
import { brief, comingCountOf, roundUp, wholeCount } from '../kit/read.js'
import { shrinkOnlyInFullView, singleValue } from '../kit/single-value.js'
import { type StepLimit, stepLimitEntries, withinStep } from '../kit/step-limit.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `targetValue()`. */
export interface TargetValueOptions extends StepLimit {
  readonly metric: string
  /** In the metric's own unit, >= 0. At 0 the value itself is the factor: for a queue that should be empty. */
  readonly target: number
  /** How far the factor may be from 1 before the count moves; 0.01 by default. */
  readonly epsilon?: number | undefined
}

const defaultEpsilon = 0.01

const schema = v.strictObject({
  metric: text(),
  target: finiteNumber(0),
  epsilon: v.optional(finiteNumber(0)),
  ...stepLimitEntries,
})

/**
 * The desired count times value / target, rounded up: Nomad's target-value strategy. From zero the factor itself is the
 * count.
 *
 * The base is the desired count without the instances that are still coming, since the value does not show their work
 * yet; while there are some, it does not shrink. Nomad counts the allocations that run, or waits while machines come.
 *
 * A metric of instances is averaged over those in service; while one that runs gave no value, it does not shrink either.
 *
 * @throws FlotillaError `invalid-options`
 * @see https://developer.hashicorp.com/nomad/tools/autoscaling/plugins/strategy/target-value
 */
export function targetValue(options: TargetValueOptions): Policy {
  const { metric, target, epsilon = defaultEpsilon, ...limit } = checkOptions('targetValue', schema, options)

  const propose = (value: number, what: string, current: number, coming: number): Proposal => {
    const factor = target === 0 ? value : value / target
    const measured = `${what} is ${brief(factor)} x the target ${brief(target)}`
    const isNear = current === 0 ? factor <= 0 : Math.abs(factor - 1) <= epsilon + 1e-9
    if (isNear) return { kind: 'count', count: current, reason: `${measured}, so still ${current}` }
    const base = Math.max(0, current - coming)
    const reached = wholeCount(roundUp(current === 0 ? factor : base * factor))
    const wanted = coming === 0 ? reached : Math.max(current, reached)
    const { count, why } = withinStep(current, wanted, limit)
    const from = current === 0 ? 'from zero' : `of ${base}${coming === 0 ? '' : `, with ${coming} to come`}`
    return { kind: 'count', count, reason: `${measured} ${from}, so ${wanted}${why}` }
  }

  return {
    name: `targetValue(${metric} ${brief(target)})`,
    ...comparedWith('targetValue', metric, { target }),
    evaluate(input) {
      const seen = singleValue(metric, input)
      if (seen.of === 'nothing') return { proposal: { kind: 'cannot-tell', reason: seen.reason } }
      const { desired, instances } = input.observation
      const proposal = propose(seen.value, seen.what, desired, comingCountOf(instances))
      return { proposal: shrinkOnlyInFullView(proposal, desired, seen.missingCount) }
    },
  }
}

/** How `targetValue` is written in a file. */
export const targetValueForm: Form = optionsForm('a policy', 'targetValue', targetValue, schema)
