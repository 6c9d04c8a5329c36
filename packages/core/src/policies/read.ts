import type { PresentReading } from '../metrics/metrics.js'
import type { ReadingSet } from '../metrics/reading-set.js'
import type { Observation, TrackedInstance } from '../model.js'

/** A metric seen over the members of a group, sorted as Kubernetes' HPA sorts pods. */
export interface MemberValues {
  /** Values of those in service. */
  readonly ready: readonly number[]
  /** Those coming into service: capacity, but their values say nothing yet. */
  readonly notReadyCount: number
  /** Those in service that gave no value. */
  readonly missingCount: number
}

/** How a metric is there: over the members, of the whole group, or not at all. */
export type MetricView =
  | { readonly of: 'instances'; readonly values: MemberValues }
  | { readonly of: 'group'; readonly reading: PresentReading }
  | { readonly of: 'nothing'; readonly reason: string }

/** Looks a metric up for a policy. Leaving, failed and standby instances count in nothing. */
export function viewMetric(metric: string, readings: ReadingSet, observation: Observation): MetricView {
  const ofGroup = readings.ofGroup(metric)
  if (ofGroup !== undefined) {
    if (ofGroup.kind === 'value') return { of: 'group', reading: ofGroup }
    return { of: 'nothing', reason: `${metric} is missing: ${ofGroup.reason}` }
  }
  const byInstance = readings.ofInstances(metric)
  if (byInstance.size === 0) return { of: 'nothing', reason: `${metric} has no reading` }
  const ready: number[] = []
  let notReadyCount = 0
  let missingCount = 0
  for (const instance of observation.instances) {
    switch (phaseOf(instance)) {
      case 'ready': {
        const reading = byInstance.get(instance.id)
        if (reading?.kind === 'value') ready.push(reading.value)
        else missingCount += 1
        break
      }
      case 'coming':
        notReadyCount += 1
        break
      case 'out':
        break
    }
  }
  if (ready.length === 0) {
    const why =
      missingCount > 0 ? `none of ${missingCount} in service gave a value` : 'none is in service yet'
    return { of: 'nothing', reason: `${metric}: ${why}` }
  }
  return { of: 'instances', values: { ready, notReadyCount, missingCount } }
}

function phaseOf(instance: TrackedInstance): 'ready' | 'coming' | 'out' {
  switch (instance.state) {
    case 'in-service':
      return 'ready'
    case 'launching':
    case 'warming':
      return 'coming'
    case 'draining':
    case 'terminating':
    case 'failed':
    case 'standby':
    case 'warm':
      return 'out'
  }
}

export function meanOf(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** Rounds up, but not for the sake of a binary fraction: 1.1 x 10 is 11, not 12. */
export function roundUp(value: number): number {
  return Math.ceil(value - 1e-9 * Math.max(1, Math.abs(value)))
}

/** A number for a reason: three significant digits, whole numbers whole. */
export function brief(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)))
}
