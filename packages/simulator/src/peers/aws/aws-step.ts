import type { Json, Policy } from '@flotilla/core'
import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { Contender } from '../../replay/contender.js'
import { defaultWarmupMs, warmOf } from './aws-warm.js'
import { pointsFrom, withSample } from './minute-points.js'
import { brief, meanOfInstances, undamped } from '../seen.js'

/** From `lower` to `upper`, distances from the alarm's threshold, so many percent of the group. */
interface Step {
  readonly lower: number
  readonly upper: number
  readonly percent: number
}

/** The worked example of AWS's guide: alarms around a CPU of 50 %. */
const threshold = 0.5
const steps: readonly Step[] = [
  { lower: -Infinity, upper: -0.2, percent: -30 },
  { lower: -0.2, upper: -0.1, percent: -10 },
  { lower: -0.1, upper: 0.1, percent: 0 },
  { lower: 0.1, upper: 0.2, percent: 10 },
  { lower: 0.2, upper: Infinity, percent: 30 },
]

/** Options of an EC2 step scaling policy. */
export interface AwsStepOptions {
  /** How long an instance in service counts as warming up, milliseconds; default 300,000. */
  readonly warmupMs?: number | undefined
}

const schema = v.strictObject({ warmupMs: v.optional(check.milliseconds()) })

/**
 * EC2 Auto Scaling's step scaling with the steps of its guide: 10 % more from 60 % CPU, 30 % more from 70 %, 10 % fewer
 * from 40 %, 30 % fewer from 30 %, judged on the newest one-minute point. Percents above one instance round towards 0,
 * smaller ones to one instance. What warms up counts as added already, and keeps the group from shrinking.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
 */
export function awsStep(options: AwsStepOptions = {}): Contender {
  const { warmupMs = defaultWarmupMs } = checkOptions('awsStep', schema, options)
  return {
    name: 'AWS step',
    policy: stepPolicy(warmupMs),
    behavior: undamped,
    source: "EC2 Auto Scaling step scaling, the guide's example",
  }
}

function stepPolicy(warmupMs: number): Policy {
  return {
    name: 'awsStep(cpu)',
    metrics: ['cpu'],
    evaluate(input) {
      const current = input.observation.desired
      const seen = meanOfInstances(input, 'cpu')
      const { points, isNew } = withSample(pointsFrom(input.state), input, seen, 1)
      const state = points as unknown as Json
      if (!seen.has) return { proposal: seen.proposal, state }
      const latest = points.complete.at(-1)
      if (latest === undefined || !isNew) {
        return {
          proposal: { kind: 'count', count: current, reason: `keeps ${current}: no new minute` },
          state,
        }
      }
      // 0.6 - 0.5 is 0.09999999999999998 in binary.
      const percent = stepOf(Math.round((latest - threshold) * 1e9) / 1e9)
      const { warmCount, isWarming } = warmOf(input.observation, warmupMs)
      let count = current
      if (percent > 0) count = Math.max(current, warmCount + changeBy(percent, warmCount))
      if (percent < 0 && !isWarming) count = current + changeBy(percent, current)
      const reason = `cpu ${brief(latest)} in the last full minute asks for ${percent} %`
      return { proposal: { kind: 'count', count: Math.max(0, count), reason }, state }
    },
  }
}

/** Above the threshold the lower bound belongs to a step, below it the upper. */
function stepOf(distance: number): number {
  const found = steps.find(({ lower, upper }) =>
    distance >= 0 ? lower <= distance && distance < upper : lower < distance && distance <= upper,
  )
  return found?.percent ?? 0
}

function changeBy(percent: number, current: number): number {
  const change = (current * percent) / 100
  return Math.abs(change) > 1 ? Math.trunc(change) : Math.sign(change)
}
