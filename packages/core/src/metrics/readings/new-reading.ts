import type { AbsentReading, MetricInfo, Reading } from '../metrics.js'
import { shown } from './shown.js'

/** Whose reading, of what, and when. */
export interface ReadingOf {
  readonly info: Pick<MetricInfo, 'name' | 'unit'>
  readonly instanceId?: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
  /** As in `PresentReading`. */
  readonly windowMs?: number | undefined
}

/** A reading that could not be had. */
export function absentReading({ info, instanceId, at }: ReadingOf, reason: string): AbsentReading {
  const { name, unit } = info
  return { kind: 'absent', name, unit, ...(instanceId === undefined ? {} : { instanceId }), at, reason }
}

/** A reading with this value, or an absent one that says why the value will not do. */
export function readingFrom(of: ReadingOf, value: unknown): Reading {
  if (value === undefined || value === null) return absentReading(of, 'no value')
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return absentReading(of, `invalid value ${shown(value)}`)
  }
  const { name, unit } = of.info
  const whose = of.instanceId === undefined ? {} : { instanceId: of.instanceId }
  const window = of.windowMs === undefined ? {} : { windowMs: of.windowMs }
  // -0 would not survive being stored.
  return { kind: 'value', name, unit, ...whose, at: of.at, value: value === 0 ? 0 : value, ...window }
}
