import type { Json } from '../../json.js'
import { resolveMissing } from '../../metrics/readings/missing.js'
import type { Reading } from '../../metrics/metrics.js'
import { ReadingSet } from '../../metrics/readings/reading-set.js'
import type { PolicyInput } from '../policy.js'

/** Readings with the last values known in the place of absent ones, and what to remember for the next time. */
export interface LastReadings {
  /** Those of at most that age, milliseconds. */
  readings(maxAgeMs: number): ReadingSet
  /** Empty when nothing is to be remembered. */
  readonly lastKnown: Json
}

/**
 * Fills what is absent of these metrics with the last value known.
 *
 * @param longestMs - how long values are remembered; 0 for not at all
 */
export function lastReadings(
  { readings, observation, now }: PolicyInput,
  metrics: readonly string[],
  lastKnown: Json | undefined,
  longestMs: number,
): LastReadings {
  const own = readingsOf(metrics, readings)
  if (longestMs === 0) return { readings: () => new ReadingSet(own), lastKnown: {} }
  const rule = { kind: 'last', maxAgeMs: longestMs } as const
  const rules = new Map(metrics.map((metric) => [metric, rule] as const))
  const resolved = resolveMissing({ readings: own, rules, instances: observation.instances, lastKnown, now })
  return {
    readings: (maxAgeMs) =>
      new ReadingSet(
        resolved.readings.map((reading, index) => {
          const original = own[index]
          const isTooOld = now - reading.at > maxAgeMs
          return original?.kind === 'absent' && isTooOld ? original : reading
        }),
      ),
    lastKnown: resolved.lastKnown,
  }
}

/** Readings with one value in the place of every absent one of these metrics. */
export function assumedReadings(
  { readings, now }: PolicyInput,
  metrics: readonly string[],
  value: number,
): ReadingSet {
  return new ReadingSet(
    readingsOf(metrics, readings).map((reading): Reading => {
      if (reading.kind === 'value') return reading
      const { name, unit, instanceId } = reading
      return {
        kind: 'value',
        name,
        unit,
        ...(instanceId === undefined ? {} : { instanceId }),
        at: now,
        value,
      }
    }),
  )
}

function readingsOf(metrics: readonly string[], readings: ReadingSet): readonly Reading[] {
  return metrics.flatMap((metric) => {
    const ofGroup = readings.ofGroup(metric)
    const all = [...(ofGroup === undefined ? [] : [ofGroup]), ...readings.ofInstances(metric).values()]
    return all.map(orAbsent)
  })
}

/** A value that is no finite number would be remembered as `null`. */
function orAbsent(reading: Reading): Reading {
  if (reading.kind === 'absent' || Number.isFinite(reading.value)) return reading
  const { name, unit, instanceId, at, value } = reading
  const whose = instanceId === undefined ? {} : { instanceId }
  return { kind: 'absent', name, unit, ...whose, at, reason: `${value} is no finite number` }
}
