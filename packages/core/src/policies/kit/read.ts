import type { PresentReading, Reading } from '../../metrics/metrics.js'
import type { ReadingSet } from '../../metrics/readings/reading-set.js'
import type { Observation, TrackedInstance } from '../../model.js'

/** A metric seen over the members of a group, sorted as Kubernetes' HPA sorts pods. */
export interface MemberValues {
  /** Values of those in service. */
  readonly ready: readonly number[]
  /** Those coming into service: capacity, but their values say nothing yet. */
  readonly notReadyCount: number
  /** Those that run, in service or not, and gave no value. */
  readonly missingCount: number
}

/** How a metric is there: over the members, of the whole group, or not at all. */
export type MetricView =
  | { readonly of: 'instances'; readonly values: MemberValues }
  | { readonly of: 'group'; readonly reading: PresentReading }
  | { readonly of: 'nothing'; readonly reason: string }

/**
 * Whether the value of an instance that is still coming into service says something of the load.
 *
 * - `left-out`: it does not, nor does a value that is, in part, of the time before the instance was ready
 * - `counted`: it does, as soon as there is one
 */
export type Starting = 'left-out' | 'counted'

/**
 * Looks a metric up for a policy. Leaving, failed and standby instances count in nothing. One that is coming and still
 * being made is not ready; one that runs and gave no value is missing, in service or not. A value that is no finite
 * number is no value.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */
export function viewMetric(
  metric: string,
  readings: ReadingSet,
  observation: Observation,
  starting: Starting = 'left-out',
): MetricView {
  const ofGroup = readings.ofGroup(metric)
  if (ofGroup !== undefined) return viewOfGroup(metric, ofGroup)
  const byInstance = readings.ofInstances(metric)
  if (byInstance.size === 0) return { of: 'nothing', reason: `${metric} has no reading` }
  const ready: number[] = []
  let notReadyCount = 0
  let missingCount = 0
  for (const instance of observation.instances) {
    const reading = byInstance.get(instance.id)
    switch (phaseOf(instance, reading, starting)) {
      case 'ready':
        if (reading?.kind === 'value') ready.push(reading.value)
        break
      case 'missing':
        missingCount += 1
        break
      case 'coming':
        notReadyCount += 1
        break
      case 'out':
        break
    }
  }
  if (ready.length === 0) {
    const why = missingCount > 0 ? `none of ${missingCount} that run gave a value` : 'none is in service yet'
    return { of: 'nothing', reason: `${metric}: ${why}` }
  }
  return { of: 'instances', values: { ready, notReadyCount, missingCount } }
}

function viewOfGroup(metric: string, reading: Reading): MetricView {
  if (reading.kind === 'absent') return { of: 'nothing', reason: `${metric} is missing: ${reading.reason}` }
  if (!Number.isFinite(reading.value)) {
    return { of: 'nothing', reason: `${metric} is missing: ${reading.value} is no finite number` }
  }
  return { of: 'group', reading }
}

function phaseOf(
  instance: TrackedInstance,
  reading: Reading | undefined,
  starting: Starting,
): 'ready' | 'missing' | 'coming' | 'out' {
  const hasValue = reading?.kind === 'value' && Number.isFinite(reading.value)
  switch (instance.state) {
    case 'in-service':
      if (!hasValue) return 'missing'
      // A value whose time began before it passed its probe is of its start, not of its work.
      return starting === 'left-out' && beginOf(reading) < (instance.readyAt ?? -Infinity)
        ? 'coming'
        : 'ready'
    case 'launching':
    case 'warming':
      if (instance.status === 'pending') return 'coming'
      if (!hasValue) return 'missing'
      return starting === 'left-out' ? 'coming' : 'ready'
    case 'draining':
    case 'terminating':
    case 'failed':
    case 'standby':
    case 'warm':
      return 'out'
  }
}

const beginOf = ({ at, windowMs = 0 }: PresentReading): number => at - windowMs

/** Instances on their way into service, whose work the values do not show yet. */
export function comingCountOf(instances: readonly TrackedInstance[]): number {
  let count = 0
  for (const { state } of instances) if (state === 'launching' || state === 'warming') count += 1
  return count
}

export function meanOf(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  if (Number.isFinite(sum)) return sum / values.length
  // Values so large that their sum is no number any more still have a mean.
  return values.reduce((mean, value) => mean + value / values.length, 0)
}

/** Rounds up, but not for the sake of a binary fraction: 1.1 x 10 is 11, not 12. */
export function roundUp(value: number): number {
  if (!Number.isFinite(value)) return value
  return Math.ceil(value - 1e-9 * Math.max(1, Math.abs(value)))
}

/** A number for a reason: three significant digits, whole numbers whole. */
export function brief(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)))
}

/** A count that a proposal may carry: whole, never below 0, never past what a number holds exactly. */
export function wholeCount(count: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.trunc(count)))
}
