import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { finiteNumber, text } from '../../options/checks.js'
import type { Observation } from '../../model.js'
import {
  type AdjustmentKind,
  adjustSchema,
  adjustedCapacity,
  adjustmentKindSchema,
  adjustmentText,
  checkAdjustment,
  checkMinMagnitude,
  minMagnitudeSchema,
} from './adjustment.js'
import { comparedWith } from '../kit/declared.js'
import type { Policy, Proposal } from '../policy.js'
import { brief } from '../kit/read.js'
import { type ScalingStep, checkSteps, findStep, stepText } from './scaling-steps.js'
import { shrinkOnlyInFullView, singleValue } from '../kit/single-value.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `stepScaling()`. */
export interface StepScalingOptions {
  readonly metric: string
  /** The breach threshold, in the metric's own unit. The bounds of the steps are relative to it. */
  readonly threshold: number
  /** Without gap or overlap. One table may go both ways; one for each way, with its own threshold, is more usual. */
  readonly steps: readonly ScalingStep[]
  /** What `adjust` means; `change` by default. */
  readonly kind?: AdjustmentKind | undefined
  /** With `percent`: the least number of instances a step adds or removes. */
  readonly minMagnitude?: number | undefined
}

const schema = v.strictObject({
  metric: text(),
  threshold: finiteNumber(),
  steps: v.array(
    v.strictObject({
      lower: v.optional(finiteNumber()),
      upper: v.optional(finiteNumber()),
      adjust: adjustSchema,
    }),
    'a list of steps such as { lower: 0, upper: 10, adjust: 1 }',
  ),
  kind: adjustmentKindSchema,
  minMagnitude: minMagnitudeSchema,
})

/**
 * A larger answer to a larger breach: the step scaling of EC2 Auto Scaling.
 *
 * Outside all steps it has no opinion, as an alarm that is not in breach. The capacity that a step adjusts leaves out
 * the instances that are coming when it grows, and counts those that are leaving when it shrinks; what it gives then
 * never falls behind the desired count in its direction. So a breach that stays in its step acts once. It does not
 * shrink while instances are coming, nor, ours, while one that runs gave no value.
 *
 * @throws FlotillaError `invalid-options`: a gap, an overlap, a table that stops short of infinity, a fraction of an instance
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
 */
export function stepScaling(options: StepScalingOptions): Policy {
  const {
    metric,
    threshold,
    steps,
    kind = 'change',
    minMagnitude,
  } = checkOptions('stepScaling', schema, options)
  checkSteps('stepScaling', steps)
  for (const [index, { adjust }] of steps.entries()) {
    checkAdjustment('stepScaling', `steps.${index}.adjust`, adjust, kind)
  }
  checkMinMagnitude('stepScaling', minMagnitude, kind)
  return {
    name: `stepScaling(${metric} ${brief(threshold)})`,
    ...comparedWith('stepScaling', metric, { threshold }),
    evaluate(input) {
      const seen = singleValue(metric, input)
      if (seen.of === 'nothing') return { proposal: { kind: 'cannot-tell', reason: seen.reason } }
      const breach = seen.value - threshold
      const step = findStep(steps, breach)
      if (step === undefined) {
        const reason = `${seen.what} is in no step around the threshold ${brief(threshold)}`
        return { proposal: { kind: 'no-opinion', reason } }
      }
      const side = breach < 0 ? 'under' : 'over'
      const why = `${seen.what} is ${brief(Math.abs(breach))} ${side} ${brief(threshold)}: step ${stepText(step)} ${adjustmentText(step.adjust, kind)}`
      const proposal = applyAdjustment(input.observation, step.adjust, kind, minMagnitude, why)
      return { proposal: shrinkOnlyInFullView(proposal, input.observation.desired, seen.missingCount) }
    },
  }
}

/** One adjustment of a group as it stands, with what is coming and leaving taken into account. */
export function applyAdjustment(
  { desired, instances }: Observation,
  adjust: number,
  kind: AdjustmentKind,
  minMagnitude: number | undefined,
  why: string,
): Proposal {
  let servingCount = 0
  let comingCount = 0
  let leavingCount = 0
  for (const { state } of instances) {
    if (state === 'in-service') servingCount += 1
    else if (state === 'launching' || state === 'warming') comingCount += 1
    else if (state === 'draining' || state === 'terminating') leavingCount += 1
  }
  const isGrowth = kind === 'exact' ? adjust > desired : adjust > 0
  const isFall = kind === 'exact' ? adjust < desired : adjust < 0
  if (!isGrowth && !isFall)
    return { kind: 'count', count: desired, reason: `${why}, and there are ${desired}` }
  if (isGrowth) {
    const base = Math.min(servingCount, desired)
    const count = Math.max(desired, adjustedCapacity(base, adjust, kind, minMagnitude))
    const counted = base === desired ? '' : `, with ${desired - base} of ${desired} still to come`
    return { kind: 'count', count, reason: `${why} to ${base}, so ${count}${counted}` }
  }
  if (comingCount > 0) {
    const reason = `${why}, but not while ${comingCount} are coming, so ${desired}`
    return { kind: 'count', count: desired, reason }
  }
  const base = Math.max(desired, servingCount + leavingCount)
  const count = Math.min(desired, adjustedCapacity(base, adjust, kind, minMagnitude))
  const counted = base === desired ? '' : `, with ${base - desired} of ${base} already leaving`
  return { kind: 'count', count, reason: `${why} from ${base}, so ${count}${counted}` }
}

/** How `stepScaling` is written in a file. */
export const stepScalingForm: Form = optionsForm('a policy', 'stepScaling', stepScaling, schema)
