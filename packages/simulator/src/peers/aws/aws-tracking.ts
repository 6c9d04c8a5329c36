import type { Json, Policy, Proposal } from '@flotilla/core'
import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { Contender } from '../../replay/contender.js'
import { defaultWarmupMs, warmOf } from './aws-warm.js'
import { pointsFrom, withSample } from './minute-points.js'
import { brief, meanOfInstances, roundUp, undamped } from '../seen.js'

/** Options of an EC2 target tracking policy. */
export interface AwsTargetTrackingOptions {
  /** Share of an instance's CPU. */
  readonly target: number
  /** How long an instance in service counts as warming up, milliseconds; default 300,000. */
  readonly warmupMs?: number | undefined
}

const schema = v.strictObject({ target: check.positiveNumber(), warmupMs: v.optional(check.milliseconds()) })

/** As reported of the alarms that AWS makes: three minutes above to grow, fifteen under nine tenths to shrink. */
const growMinutes = 3
const shrinkMinutes = 15
const shrinkBelow = 0.9

/**
 * EC2 Auto Scaling's target tracking on CPU. AWS does not publish its control law; this is what its guide describes and
 * what is widely reported of its alarms: one-minute points, growth in proportion after three of them, shrinking after
 * fifteen, rounding towards more capacity both ways, and no shrinking while an instance warms up.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
 */
export function awsTargetTracking(options: AwsTargetTrackingOptions): Contender {
  const { target, warmupMs = defaultWarmupMs } = checkOptions('awsTargetTracking', schema, options)
  return {
    name: `AWS target ${Math.round(target * 100)} %`,
    policy: trackingPolicy(target, warmupMs),
    behavior: undamped,
    source: 'EC2 Auto Scaling target tracking, as documented and reported',
  }
}

function trackingPolicy(target: number, warmupMs: number): Policy {
  return {
    name: `awsTargetTracking(cpu ${brief(target)})`,
    metrics: ['cpu'],
    evaluate(input) {
      const { observation } = input
      const seen = meanOfInstances(input, 'cpu')
      const { points, isNew } = withSample(pointsFrom(input.state), input, seen, shrinkMinutes)
      if (!seen.has) return { proposal: seen.proposal, state: points as unknown as Json }
      const { warmCount, isWarming } = warmOf(observation, warmupMs)
      const current = observation.desired
      const size = { current, warmCount, isWarming }
      const hold: Proposal = { kind: 'count', count: current, reason: `keeps ${current}: no new minute` }
      const proposal = isNew ? propose(points.complete, target, size) : hold
      return { proposal, state: points as unknown as Json }
    },
  }
}

interface Size {
  readonly current: number
  readonly warmCount: number
  readonly isWarming: boolean
}

function propose(minutes: readonly number[], target: number, size: Size): Proposal {
  const { current, warmCount, isWarming } = size
  const latest = minutes.at(-1) ?? 0
  const hold = (reason: string): Proposal => ({
    kind: 'count',
    count: current,
    reason: `keeps ${current}: ${reason}`,
  })
  const recent = minutes.slice(-growMinutes)
  if (recent.length === growMinutes && recent.every((value) => value > target)) {
    // Those that warm up are capacity already ordered, and are not in the metric that is multiplied.
    const base = warmCount === 0 ? current : warmCount
    const count = Math.max(current, roundUp((base * latest) / target))
    return { kind: 'count', count, reason: `cpu ${brief(latest)} high for ${growMinutes} minutes` }
  }
  if (minutes.length < shrinkMinutes) return hold('no alarm')
  if (!minutes.every((value) => value < target * shrinkBelow)) return hold('no alarm')
  if (isWarming) return hold('an instance is warming up')
  const count = Math.min(current, Math.max(1, roundUp((current * latest) / target)))
  return { kind: 'count', count, reason: `cpu ${brief(latest)} low for ${shrinkMinutes} minutes` }
}
