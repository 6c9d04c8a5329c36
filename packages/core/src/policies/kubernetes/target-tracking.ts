import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import { positiveNumber, text } from '../../options/checks.js'
import {
  type MemberValues,
  type Starting,
  brief,
  meanOf,
  roundUp,
  viewMetric,
  wholeCount,
} from '../kit/read.js'
import { comparedWith } from '../kit/declared.js'
import type { Policy, PolicyInput, Proposal } from '../policy.js'
import { type Tolerance, fullTolerance, isWithin, toleranceSchema } from '../kit/tolerance.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `targetTracking()`. */
export interface TargetTrackingOptions {
  readonly metric: string
  /** In the metric's own unit: 0.5 for half of an instance's CPU, 100 for 100 requests per second. Above 0. */
  readonly target: number
  /**
   * How a metric of the whole group is compared; metrics of instances are always averaged over those in service.
   * `average` (default): the value divided by the number of instances is held at the target.
   * `value`: the value itself is, and the count moves in proportion.
   */
  readonly type?: 'average' | 'value' | undefined
  /** Share of the target by which the value may stray before the count moves; 0.1 both ways by default. */
  readonly tolerance?:
    | number
    | { readonly out?: number | undefined; readonly in?: number | undefined }
    | undefined
  /**
   * With `type: 'value'`: whether the group may shrink although the value is over the target, because fewer are in service
   * than are wanted. Kubernetes' HPA does: of ten with five in service it makes eight at 1.5 times the target, and so ends
   * launches that would have helped. Default false: it stays until they are in service.
   */
  readonly shrinkWhileOver?: boolean | undefined
  /**
   * What the value of an instance still coming into service is worth, for a metric of instances. `left-out` (default):
   * nothing, as Kubernetes has it for CPU and EC2 while an instance warms up. `counted`: as much as any, as Kubernetes
   * has it for every other metric.
   */
  readonly starting?: 'left-out' | 'counted' | undefined
}

const schema = v.strictObject({
  metric: text(),
  target: positiveNumber(),
  type: v.optional(v.picklist(['average', 'value'])),
  tolerance: toleranceSchema,
  shrinkWhileOver: v.optional(v.boolean()),
  starting: v.optional(v.picklist(['left-out', 'counted'])),
})

/**
 * Keeps a metric at its target by moving the count in proportion: ready instances x (value / target), rounded up.
 *
 * The rules are those of Kubernetes' Horizontal Pod Autoscaler. Instances that are coming into service count as idle
 * when the group would grow, and not at all when it would shrink. An instance that runs without a reading counts as idle
 * when the group would grow, and as fully busy when it would shrink: 1 for a ratio, or the target where that is more;
 * the target for other units. When those turn the verdict round, the count stays.
 *
 * Ours, on purpose: ratios are not cut to whole percents, a count is not rounded up for a binary fraction, a metric of
 * the whole group is averaged over the desired count rather than over what happens to be there, and none in service is
 * "cannot tell", where Kubernetes would make `value` 0. Over its target it does not shrink for want of instances in service
 * (`shrinkWhileOver`).
 *
 * @throws FlotillaError `invalid-options`
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 *
 * @example
 * ```ts
 * import { targetTracking } from '@flotilla/core'
 *
 * // Half of each instance's CPU; 100 requests per second for each; a 95th percentile of 0.2 s, whatever it takes.
 * const cpu = targetTracking({ metric: 'cpu', target: 0.5 })
 * const requests = targetTracking({ metric: 'http.request_rate', target: 100 })
 * const latency = targetTracking({ metric: 'latency_p95', target: 0.2, type: 'value' })
 * ```
 */
export function targetTracking(options: TargetTrackingOptions): Policy {
  checkOptions('targetTracking', schema, options)
  const { metric, target, type = 'average', shrinkWhileOver = false, starting = 'left-out' } = options
  const tolerance = fullTolerance(options.tolerance)
  return {
    name: `targetTracking(${metric} ${brief(target)})`,
    ...comparedWith('targetTracking', metric, { target }),
    evaluate: ({ readings, observation }) => ({
      proposal: propose(
        { readings, observation },
        { metric, target, type, tolerance, shrinkWhileOver, starting },
      ),
    }),
  }
}

interface Rule {
  readonly metric: string
  readonly target: number
  readonly type: 'average' | 'value'
  readonly tolerance: Tolerance
  readonly shrinkWhileOver?: boolean | undefined
  readonly starting: Starting
}

function propose(
  { readings, observation }: Pick<PolicyInput, 'readings' | 'observation'>,
  { metric, target, type, tolerance, shrinkWhileOver, starting }: Rule,
): Proposal {
  const view = viewMetric(metric, readings, observation, starting)
  const current = observation.desired
  switch (view.of) {
    case 'nothing':
      return { kind: 'cannot-tell', reason: view.reason }
    case 'instances': {
      const [sample] = readings.ofInstances(metric).values()
      const isRatio = sample?.unit === 'ratio'
      return fromMembers(metric, view.values, target, current, tolerance, isRatio)
    }
    case 'group':
      return trackGroupValue(metric, view.reading.value, observation, {
        target,
        type,
        tolerance,
        shrinkWhileOver,
      })
  }
}

/** What a value of the whole group asks for, by the rules of target tracking. */
export function trackGroupValue(
  what: string,
  value: number,
  { desired, instances }: PolicyInput['observation'],
  { target, type, tolerance, shrinkWhileOver = false }: Omit<Rule, 'metric' | 'starting'>,
): Proposal {
  if (type === 'average') return fromAverage(what, value, target, desired, tolerance)
  const proposal = fromValue(what, value, target, desired, tolerance, readyCountOf(instances))
  if (proposal.kind !== 'count' || shrinkWhileOver || value <= target || proposal.count >= desired)
    return proposal
  return keep(
    desired,
    `${proposal.reason}, where ${proposal.count} would go against it while others are coming`,
  )
}

function fromMembers(
  metric: string,
  { ready, notReadyCount, missingCount }: MemberValues,
  target: number,
  current: number,
  tolerance: Tolerance,
  isRatio: boolean,
): Proposal {
  const mean = meanOf(ready)
  const ratio = mean / target
  const fillsNotReady = notReadyCount > 0 && ratio > 1
  const measured = `${metric} ${brief(mean)} over ${ready.length} is ${brief(ratio)} x the target ${brief(target)}`
  if (missingCount === 0 && !fillsNotReady) {
    if (isWithin(ratio, tolerance)) return keep(current, `${measured}, within tolerance`)
    return count(roundUp(ratio * ready.length), measured)
  }

  // Exactly at the target there is no side to be careful on.
  if (ratio === 1) return keep(current, `${measured}, within tolerance`)
  const busy = isRatio ? Math.max(1, target) : target
  const missingValue = ratio < 1 ? busy : 0
  const filledCount = ready.length + missingCount + (fillsNotReady ? notReadyCount : 0)
  const filledRatio = (mean * ready.length + missingValue * missingCount) / filledCount / target
  const filled = `${measured}; ${brief(filledRatio)} x with ${fillText(missingCount, missingValue, fillsNotReady ? notReadyCount : 0)}`
  if (isWithin(filledRatio, tolerance)) return keep(current, `${filled}, within tolerance`)
  if (ratio > 1 !== filledRatio > 1) return keep(current, `${filled}, which turns the verdict round`)
  const wanted = roundUp(filledRatio * filledCount)
  if (filledRatio > 1 ? wanted < current : wanted > current) {
    return keep(current, `${filled}, where ${wanted} would go against it`)
  }
  return count(wanted, filled)
}

function fromAverage(
  metric: string,
  value: number,
  target: number,
  current: number,
  tolerance: Tolerance,
): Proposal {
  const measured = `${metric} ${brief(value)} at ${brief(target)} an instance`
  if (current > 0 && isWithin(value / (target * current), tolerance)) {
    return keep(current, `${measured}, within tolerance of ${current}`)
  }
  return count(roundUp(value / target), measured)
}

function fromValue(
  metric: string,
  value: number,
  target: number,
  current: number,
  tolerance: Tolerance,
  readyCount: number,
): Proposal {
  const ratio = value / target
  const measured = `${metric} ${brief(value)} is ${brief(ratio)} x the target ${brief(target)}`
  if (current === 0) return count(roundUp(ratio), `${measured}, from zero`)
  if (isWithin(ratio, tolerance)) return keep(current, `${measured}, within tolerance`)
  if (readyCount === 0) return { kind: 'cannot-tell', reason: `${measured}, but none is in service yet` }
  return count(roundUp(ratio * readyCount), `${measured}, with ${readyCount} in service`)
}

function readyCountOf(instances: PolicyInput['observation']['instances']): number {
  let readyCount = 0
  for (const instance of instances) if (instance.state === 'in-service') readyCount += 1
  return readyCount
}

/** Load below zero is no load. */
const count = (wanted: number, reason: string): Proposal => ({
  kind: 'count',
  count: wholeCount(wanted),
  reason,
})

const keep = (current: number, reason: string): Proposal => ({ kind: 'count', count: current, reason })

function fillText(missingCount: number, missingValue: number, notReadyCount: number): string {
  const parts = []
  if (missingCount > 0) parts.push(`${missingCount} missing taken as ${brief(missingValue)}`)
  if (notReadyCount > 0) parts.push(`${notReadyCount} coming taken as idle`)
  return parts.join(' and ')
}

/** How `targetTracking` is written in a file. */
export const targetTrackingForm: Form = optionsForm('a policy', 'targetTracking', targetTracking, schema)
