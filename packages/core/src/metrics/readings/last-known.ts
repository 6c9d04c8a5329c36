import type { Json } from '../../json.js'
import type { MissingRule } from '../metrics.js'

export interface KnownValue {
  readonly value: number
  /** When it was taken, epoch milliseconds. */
  readonly at: number
  /** As in `PresentReading`. */
  readonly windowMs?: number | undefined
}

/** By metric name, then by instance id; undefined is the whole group. */
export type KnownValues = Map<string, Map<string | undefined, KnownValue>>

/** What decides whether a stored value is still worth keeping. */
interface Keeping {
  readonly rules: ReadonlyMap<string, MissingRule>
  readonly ids: ReadonlySet<string>
  readonly now: number
}

/**
 * The stored values that still count: of a metric whose rule is `last`, of the group or an instance that is there, and
 * not past their age. A time in the future, left by a clock that has gone back, becomes now; else the value would seem
 * fresh until the clock had caught up.
 */
export function lastKnownFrom(stored: Json | undefined, { rules, ids, now }: Keeping): KnownValues {
  const known: KnownValues = new Map()
  for (const [name, ofMetric] of entriesOf(stored)) {
    const rule = rules.get(name)
    if (rule?.kind !== 'last') continue
    const kept = new Map<string | undefined, KnownValue>()
    const keep = (whose: string | undefined, entry: Json | undefined): void => {
      const value = knownValueFrom(entry, now)
      if (value !== undefined && now - value.at <= rule.maxAgeMs) kept.set(whose, value)
    }
    const parts = new Map(entriesOf(ofMetric))
    keep(undefined, parts.get('group'))
    for (const [id, entry] of entriesOf(parts.get('instances'))) if (ids.has(id)) keep(id, entry)
    if (kept.size > 0) known.set(name, kept)
  }
  return known
}

/** As `{ metric: { group: [value, at], instances: { id: [value, at] } } }`; a window is the third where there is one. */
export function lastKnownToJson(known: KnownValues): Json {
  // Object.fromEntries makes own properties also of names such as __proto__, which assignment would not.
  return Object.fromEntries(
    [...known].map(([name, ofMetric]) => {
      const group = ofMetric.get(undefined)
      const instances = [...ofMetric].filter(([id]) => id !== undefined)
      return [
        name,
        {
          ...(group === undefined ? {} : { group: entryOf(group) }),
          ...(instances.length === 0
            ? {}
            : { instances: Object.fromEntries(instances.map(([id, one]) => [id, entryOf(one)])) }),
        },
      ]
    }),
  ) as Json
}

const entryOf = ({ value, at, windowMs }: KnownValue): Json =>
  windowMs === undefined ? [value, at] : [value, at, windowMs]

/** What `lastKnownToJson` gave, after the clock was set ahead by `byMs`. */
export function shiftLastKnown(stored: Json | undefined, byMs: number): Json | undefined {
  const moved = (entry: Json | undefined): Json | undefined =>
    Array.isArray(entry) && typeof entry[1] === 'number'
      ? [entry[0] as Json, entry[1] + byMs, ...entry.slice(2)]
      : entry
  if (stored === undefined) return undefined
  return Object.fromEntries(
    entriesOf(stored).map(([name, ofMetric]) => {
      const parts = entriesOf(ofMetric).map(([whose, entry]) => [
        whose,
        whose === 'group'
          ? moved(entry)
          : Object.fromEntries(entriesOf(entry).map(([id, one]) => [id, moved(one)])),
      ])
      return [name, Object.fromEntries(parts) as Json]
    }),
  )
}

function knownValueFrom(entry: Json | undefined, now: number): KnownValue | undefined {
  if (!Array.isArray(entry)) return undefined
  const [value, at, windowMs] = entry as readonly unknown[]
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  if (typeof at !== 'number' || !Number.isFinite(at)) return undefined
  const window = typeof windowMs === 'number' && windowMs >= 0 && windowMs < Infinity ? { windowMs } : {}
  return { value, at: Math.min(at, now), ...window }
}

function entriesOf(value: Json | undefined): readonly (readonly [string, Json | undefined])[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
}
