import { absentReading, readingFrom, type ReadingOf } from './new-reading.js'
import type { MetricInfo, Reading } from '../metrics.js'
import { shortened, shown } from './shown.js'

/** What a source gave, and what it was asked for. */
export interface RawReadings {
  /** What the source says it gives. */
  readonly provides: readonly MetricInfo[]
  /** The instances it was asked about. */
  readonly instances: readonly { readonly id: string }[]
  /** What it gave, whatever that is. */
  readonly raw: unknown
  /** Epoch milliseconds. */
  readonly now: number
}

/** Readings that a policy may trust, and what was wrong with the raw ones. */
export interface CleanReadings {
  /** Exactly one per group metric, and one per instance and instance metric, in the order declared. */
  readonly readings: readonly Reading[]
  /** In words; at most 20, then a count of the rest. */
  readonly problems: readonly string[]
}

/** Clocks of two hosts differ a little; a reading this far ahead counts as taken now, one further ahead as wrong. */
export const tolerableSkewMs = 60_000

const mostProblems = 20

/**
 * Readings as the contract promises them, out of whatever a source gave. NaN, infinities, texts, wrong units, doubled
 * readings and such from the future become absent readings with a reason; what is missing is filled in as absent; what
 * nobody asked for is dropped. A pure function; never throws.
 */
export function sanitiseReadings({ provides, instances, raw, now }: RawReadings): CleanReadings {
  const problems: string[] = []
  const given = collect({ provides, instances, raw, now }, problems)
  const ids = instances.map(({ id }) => id)
  const readings: Reading[] = []
  for (const info of provides) {
    for (const instanceId of info.of === 'group' ? [undefined] : ids) {
      const reading = given.get(info.name)?.get(instanceId)
      readings.push(reading ?? absentReading({ info, instanceId, at: now }, 'the source gave no reading'))
    }
  }
  const left = problems.length - mostProblems
  return {
    readings,
    problems: left > 0 ? [...problems.slice(0, mostProblems), `and ${left} more`] : problems,
  }
}

type Given = Map<string, Map<string | undefined, Reading>>

function collect({ provides, instances, raw, now }: RawReadings, problems: string[]): Given {
  const infos = new Map(provides.map((info) => [info.name, info]))
  const ids = new Set(instances.map(({ id }) => id))
  const given: Given = new Map()
  if (!Array.isArray(raw)) {
    problems.push(`gave ${shown(raw)}, not an array of readings`)
    return given
  }
  for (const item of raw as unknown[]) {
    try {
      const found = readOne(item, infos, ids, now)
      if (typeof found === 'string') {
        problems.push(found)
        continue
      }
      const { reading, problem } = found
      if (problem !== undefined) problems.push(problem)
      const ofMetric = given.get(reading.name) ?? new Map<string | undefined, Reading>()
      given.set(reading.name, ofMetric)
      if (ofMetric.has(reading.instanceId)) {
        const reason = 'the source gave more than one reading'
        problems.push(`${whose(reading.name, reading.instanceId)}: ${reason}`)
        ofMetric.set(reading.instanceId, absentReading({ info: reading, ...reading }, reason))
      } else ofMetric.set(reading.instanceId, reading)
    } catch {
      // A getter or a proxy of the source's own threw.
      problems.push('gave a reading that cannot be read')
    }
  }
  return given
}

/** The reading and what is wrong with it, or why it is dropped. */
function readOne(
  item: unknown,
  infos: ReadonlyMap<string, MetricInfo>,
  ids: ReadonlySet<string>,
  now: number,
): { readonly reading: Reading; readonly problem?: string } | string {
  if (typeof item !== 'object' || item === null) return `gave ${shown(item)} where a reading belongs`
  const { kind, name, unit, instanceId, at, value, reason, windowMs } = item as Readonly<
    Record<string, unknown>
  >
  const info = typeof name === 'string' ? infos.get(name) : undefined
  if (info === undefined) return `gave a reading of ${shown(name)}, which it does not provide`
  if (info.of === 'group' && instanceId !== undefined) {
    return `${info.name}: gave a reading of instance ${shown(instanceId)}, though it is of the group`
  }
  if (info.of === 'instance' && (typeof instanceId !== 'string' || !ids.has(instanceId))) {
    return instanceId === undefined
      ? `${info.name}: gave a reading of the group, though it is of instances`
      : `${info.name}: gave a reading of ${shown(instanceId)}, which is not among the instances`
  }
  const id = instanceId as string | undefined
  const wrong = (why: string): { readonly reading: Reading; readonly problem: string } => ({
    reading: absentReading({ info, instanceId: id, at: now }, why),
    problem: `${whose(info.name, id)}: ${why}`,
  })
  if (unit !== info.unit) return wrong(`unit ${shown(unit)} instead of ${info.unit}`)
  if (typeof at !== 'number' || !Number.isFinite(at)) return wrong(`invalid time ${shown(at)}`)
  if (at > now + tolerableSkewMs) return wrong(`taken ${Math.round((at - now) / 1000)} s in the future`)
  const isWindow =
    windowMs === undefined || (typeof windowMs === 'number' && windowMs >= 0 && windowMs < Infinity)
  if (!isWindow) return wrong(`invalid window ${shown(windowMs)}`)
  const of: ReadingOf = { info, instanceId: id, at: Math.min(at, now), windowMs }
  if (kind === 'absent') {
    const why = typeof reason === 'string' && reason !== '' ? shortened(reason, 300) : 'no reason given'
    return { reading: absentReading(of, why) }
  }
  if (kind !== 'value') return wrong(`kind ${shown(kind)} instead of value or absent`)
  const reading = readingFrom(of, value)
  return reading.kind === 'value' ? { reading } : wrong(reading.reason)
}

function whose(name: string, instanceId: string | undefined): string {
  return instanceId === undefined ? name : `${name} of ${shortened(instanceId, 60)}`
}
