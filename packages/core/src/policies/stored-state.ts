import type { Json } from '../json.js'

/** The fields of a state that a policy stored as an object; undefined when it is none. */
export function storedFields(
  state: Json | undefined,
): Readonly<Record<string, Json | undefined>> | undefined {
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return undefined
  return state as Readonly<Record<string, Json | undefined>>
}

/** A stored field that should be a finite number. */
export function storedNumber(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A stored time; one that lies ahead was stored before the clock went back, and counts as now. */
export function storedTime(value: Json | undefined, now: number): number | undefined {
  const at = storedNumber(value)
  return at === undefined ? undefined : Math.min(at, now)
}
