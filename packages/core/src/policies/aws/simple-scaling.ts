import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { finiteNumber, milliseconds, text } from '../../options/checks.js'
import { seconds } from '../../decide/damping.js'
import { activityFromJson, activityToJson, watchActivity } from './activity-watch.js'
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
import type { Policy, PolicyInput, Proposal } from '../policy.js'
import { brief } from '../kit/read.js'
import { shrinkOnlyInFullView, singleValue } from '../kit/single-value.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `simpleScaling()`. */
export interface SimpleScalingOptions {
  readonly metric: string
  /** How the value compares with the threshold when the alarm is in breach. */
  readonly comparison: '>' | '>=' | '<' | '<='
  readonly threshold: number
  /** The one adjustment of a breach. */
  readonly adjust: number
  /** What `adjust` means; `change` by default. */
  readonly kind?: AdjustmentKind | undefined
  /** With `percent`: the least number of instances to add or remove. */
  readonly minMagnitude?: number | undefined
  /** Rest after the last launch or termination was over; 300 000 by default. */
  readonly cooldownMs?: number | undefined
}

const defaults = { kind: 'change', cooldownMs: 300_000 } as const

const schema = v.strictObject({
  metric: text(),
  comparison: v.picklist(['>', '>=', '<', '<=']),
  threshold: finiteNumber(),
  adjust: adjustSchema,
  kind: adjustmentKindSchema,
  minMagnitude: minMagnitudeSchema,
  cooldownMs: v.optional(milliseconds()),
})

/**
 * One adjustment for a breach, then a rest: the simple scaling of EC2 Auto Scaling.
 *
 * The cooldown starts when the last instance has finished launching or terminating, whoever asked for it; one that is
 * still at it keeps the policy waiting. Behind a balancer a termination is over when the drain is. Out of breach, and
 * while it rests, it has no opinion. Step scaling and target tracking do better in most groups, as AWS says itself.
 *
 * @throws FlotillaError `invalid-options`
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scaling-cooldowns.html
 */
export function simpleScaling(options: SimpleScalingOptions): Policy {
  const given = checkOptions('simpleScaling', schema, options)
  const { metric, comparison, threshold, adjust, minMagnitude } = given
  const { kind = defaults.kind, cooldownMs = defaults.cooldownMs } = given
  checkAdjustment('simpleScaling', 'adjust', adjust, kind)
  checkMinMagnitude('simpleScaling', minMagnitude, kind)

  const propose = (input: PolicyInput, restMs: number | 'busy'): Proposal => {
    const seen = singleValue(metric, input)
    if (seen.of === 'nothing') return { kind: 'cannot-tell', reason: seen.reason }
    const compared = `${seen.what} ${comparison} ${brief(threshold)}`
    if (!compare[comparison](seen.value, threshold)) {
      return { kind: 'no-opinion', reason: `${seen.what} is not ${comparison} ${brief(threshold)}` }
    }
    const does = adjustmentText(adjust, kind)
    if (restMs === 'busy') {
      return { kind: 'no-opinion', reason: `${compared} ${does}, once what launches or ends is done` }
    }
    if (restMs > 0) {
      return { kind: 'no-opinion', reason: `${compared} ${does}, after ${seconds(restMs)} more of cooldown` }
    }
    const { desired } = input.observation
    const count = adjustedCapacity(desired, adjust, kind, minMagnitude)
    const proposal: Proposal = {
      kind: 'count',
      count,
      reason: `${compared} ${does}: from ${desired} to ${count}`,
    }
    return shrinkOnlyInFullView(proposal, desired, seen.missingCount)
  }

  return {
    name: `simpleScaling(${metric} ${comparison} ${brief(threshold)})`,
    ...comparedWith('simpleScaling', metric, { threshold }),
    evaluate(input) {
      const { now, observation } = input
      const activity = watchActivity(activityFromJson(input.state), observation, now)
      const restMs = activity.endedAt === undefined ? 0 : Math.max(0, activity.endedAt + cooldownMs - now)
      return {
        proposal: propose(input, activity.underWayCount > 0 ? 'busy' : restMs),
        state: activityToJson(activity.memory),
      }
    },
    shiftState(state, byMs) {
      const memory = activityFromJson(state)
      if (memory?.endedAt === undefined) return state
      return activityToJson({ ...memory, endedAt: memory.endedAt + byMs })
    },
  }
}

const compare: Readonly<Record<SimpleScalingOptions['comparison'], (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
}

/** How `simpleScaling` is written in a file. */
export const simpleScalingForm: Form = optionsForm('a policy', 'simpleScaling', simpleScaling, schema)
