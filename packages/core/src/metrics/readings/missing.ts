import type { Json } from '../../json.js'
import { isReady, type TrackedInstance } from '../../model.js'
import { lastKnownFrom, lastKnownToJson, type KnownValue, type KnownValues } from './last-known.js'
import type { MissingRule, PresentReading, Reading } from '../metrics.js'
import { shortened } from './shown.js'

/** Clean readings, and what to do about the absent ones. */
export interface MissingInput {
  /** As `sanitiseReadings` gives them. */
  readonly readings: readonly Reading[]
  /** By metric name; a metric without one has `hold`. */
  readonly rules: ReadonlyMap<string, MissingRule>
  /** The group's instances now. What is known of others is forgotten. */
  readonly instances: readonly TrackedInstance[]
  /** As returned last time; anything unreadable in it counts as unknown. */
  readonly lastKnown: Json | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/** The readings that go to the policies. */
export interface MissingOutput {
  readonly readings: readonly Reading[]
  /** To be handed back next time, and stored. Holds only values of metrics with the rule `last`. */
  readonly lastKnown: Json
  /** Present when a rule `fail` says to leave the decision undone. */
  readonly failed?: { readonly name: string; readonly reason: string } | undefined
  /** What stood in, one line per metric, for the trace. */
  readonly notes: readonly string[]
}

/**
 * Applies each metric's rule for a missing value. A pure function.
 *
 * A value that stands in under `last` keeps the time it was taken, and the window it is of. When the clock has gone back, what was known counts as
 * taken now. `fail` looks only at the group's reading and at instances in service: one that is still starting has
 * nothing to give.
 */
export function resolveMissing({ readings, rules, instances, lastKnown, now }: MissingInput): MissingOutput {
  const known = lastKnownFrom(lastKnown, { rules, ids: new Set(instances.map(({ id }) => id)), now })
  const ready = new Set(instances.filter(isReady).map(({ id }) => id))
  const standIns = new Map<string, StandIns>()
  let failed: MissingOutput['failed']

  const resolved = readings.map((reading): Reading => {
    const rule = rules.get(reading.name)
    if (rule === undefined || rule.kind === 'hold') return reading
    if (reading.kind === 'value') {
      if (rule.kind === 'last') remember(known, reading, now)
      return reading
    }
    switch (rule.kind) {
      case 'last': {
        const last = known.get(reading.name)?.get(reading.instanceId)
        if (last === undefined) return reading
        note(standIns, reading, now - last.at)
        return present(reading, last)
      }
      case 'assume':
        note(standIns, reading, undefined)
        return present(reading, { value: rule.value, at: now })
      case 'fail':
        if (reading.instanceId === undefined || ready.has(reading.instanceId)) {
          failed ??= { name: reading.name, reason: withWhose(reading) }
        }
        return reading
    }
  })
  return {
    readings: resolved,
    lastKnown: lastKnownToJson(known),
    ...(failed === undefined ? {} : { failed }),
    notes: [...standIns].map(([name, standIn]) => noteOf(name, standIn, rules.get(name))),
  }
}

function remember(known: KnownValues, reading: PresentReading, now: number): void {
  const { name, instanceId, value, at, windowMs } = reading
  const ofMetric = known.get(name) ?? new Map<string | undefined, KnownValue>()
  known.set(name, ofMetric)
  ofMetric.set(instanceId, { value, at: Math.min(at, now), windowMs })
}

function present({ name, unit, instanceId }: Reading, { value, at, windowMs }: KnownValue): PresentReading {
  const whose = instanceId === undefined ? {} : { instanceId }
  const window = windowMs === undefined ? {} : { windowMs }
  return { kind: 'value', name, unit, ...whose, at, value, ...window }
}

/** Counted, so that a thousand instances make one line. */
interface StandIns {
  count: number
  oldestMs: number | undefined
  readonly example: Reading
}

function note(standIns: Map<string, StandIns>, reading: Reading, ageMs: number | undefined): void {
  const soFar = standIns.get(reading.name)
  if (soFar === undefined) standIns.set(reading.name, { count: 1, oldestMs: ageMs, example: reading })
  else {
    soFar.count += 1
    if (ageMs !== undefined) soFar.oldestMs = Math.max(soFar.oldestMs ?? 0, ageMs)
  }
}

function noteOf(name: string, { count, oldestMs, example }: StandIns, rule: MissingRule | undefined): string {
  const what =
    rule?.kind === 'assume'
      ? `the assumed value ${rule.value}`
      : `the last known value, ${Math.round((oldestMs ?? 0) / 1000)} s old,`
  const forWhom = example.instanceId === undefined ? '' : ` for ${count} instance${count === 1 ? '' : 's'}`
  return `${name}: ${what} stands in${forWhom} (${withWhose(example)})`
}

function withWhose(reading: Reading): string {
  const reason = reading.kind === 'absent' ? reading.reason : ''
  return reading.instanceId === undefined ? reason : `${shortened(reading.instanceId, 60)}: ${reason}`
}
