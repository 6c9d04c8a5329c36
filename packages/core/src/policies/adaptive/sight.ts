import type { Observation, TrackedInstance } from '../../model.js'
import type { ReadingSet } from '../../metrics/readings/reading-set.js'
import { meanOf, viewMetric } from '../kit/read.js'

/** The metrics to look at. */
export interface SightOptions {
  readonly cpu: string
  readonly load: string | undefined
  readonly queue: string | undefined
}

/** What can be seen of the group at one moment. Values below 0 are 0. */
export interface Sight {
  readonly cpu: number
  /** Those that served when the CPU was read. */
  readonly servingCount: number
  /** Of the whole group; undefined when it is not asked for or missing. */
  readonly load: number | undefined
  readonly queue: number | undefined
  /** When the values were read, epoch milliseconds. */
  readonly at: number
  /** What is missing, in words; then nothing may shrink. */
  readonly missing: readonly string[]
}

/** Looks at the readings; or says, in words, why nothing can be seen. */
export function look(
  { cpu, load, queue }: SightOptions,
  readings: ReadingSet,
  observation: Observation,
  now: number,
): Sight | string {
  const view = viewMetric(cpu, readings, observation)
  if (view.of === 'nothing') return view.reason
  const missing: string[] = []
  if (view.of === 'instances' && view.values.missingCount > 0) {
    missing.push(`${cpu} of ${view.values.missingCount} that run`)
  }
  const sum = (metric: string | undefined): Total | undefined => {
    if (metric === undefined) return undefined
    const found = totalOf(metric, readings, observation)
    if (found === undefined) missing.push(metric)
    return found
  }
  const loadTotal = sum(load)
  const queueTotal = sum(queue)
  const at = Math.min(now, loadTotal?.at ?? timeOf(cpu, readings, now))
  return {
    cpu: atLeast0(view.of === 'group' ? view.reading.value : meanOf(view.values.ready)),
    servingCount: servingCountAt(observation.instances, at),
    load: loadTotal?.value,
    queue: queueTotal?.value,
    at,
    missing,
  }
}

interface Total {
  readonly value: number
  readonly at: number
}

/** The reading of the whole group, or the sum over those in service when none of them lacks one. */
function totalOf(metric: string, readings: ReadingSet, { instances }: Observation): Total | undefined {
  const ofGroup = readings.ofGroup(metric)
  if (ofGroup !== undefined) {
    const isThere = ofGroup.kind === 'value' && Number.isFinite(ofGroup.value)
    return isThere ? { value: atLeast0(ofGroup.value), at: ofGroup.at } : undefined
  }
  const byInstance = readings.ofInstances(metric)
  let value = 0
  let at: number | undefined
  for (const { id, state } of instances) {
    if (state !== 'in-service') continue
    const reading = byInstance.get(id)
    if (reading?.kind !== 'value' || !Number.isFinite(reading.value)) return undefined
    value += atLeast0(reading.value)
    at = Math.min(at ?? Infinity, reading.at)
  }
  return at === undefined || !Number.isFinite(value) ? undefined : { value, at }
}

function timeOf(metric: string, readings: ReadingSet, now: number): number {
  const ofGroup = readings.ofGroup(metric)
  if (ofGroup !== undefined) return ofGroup.at
  for (const reading of readings.ofInstances(metric).values()) if (reading.kind === 'value') return reading.at
  return now
}

/** Those that served at a time just past: a reading is older than what came and went since. */
function servingCountAt(instances: readonly TrackedInstance[], at: number): number {
  let count = 0
  let inServiceCount = 0
  for (const { state, stateSince, readyAt } of instances) {
    if (state === 'in-service') {
      inServiceCount += 1
      if ((readyAt ?? -Infinity) <= at) count += 1
    } else if ((state === 'draining' || state === 'terminating') && stateSince > at) count += 1
  }
  return count > 0 ? count : inServiceCount
}

const atLeast0 = (value: number): number => Math.max(0, value)
