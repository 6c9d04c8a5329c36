import type { Json } from '../../json.js'
import type { Policy } from '../policy.js'

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

/** One part's slice of the state of a composed policy. */
export interface StoredPart {
  readonly policy: string
  readonly state?: Json
}

/** The slices, in the order of the parts; undefined for one that is none. */
export function storedParts(state: Json | undefined): readonly (StoredPart | undefined)[] {
  if (!Array.isArray(state)) return []
  return state.map((part: Json) => {
    if (typeof part !== 'object' || part === null || !('policy' in part)) return undefined
    if (typeof part.policy !== 'string') return undefined
    return { policy: part.policy, ...(part.state === undefined ? {} : { state: part.state }) }
  })
}

/**
 * The state of a policy that may be anybody's, after the clock was set ahead. What it throws leaves the state as it was.
 */
export function shiftSafely(policy: Policy, state: Json | undefined, byMs: number): Json | undefined {
  if (state === undefined || policy.shiftState === undefined) return state
  try {
    return policy.shiftState(state, byMs)
  } catch {
    return state
  }
}

/** The same for the parts of a composed policy. */
export function shiftParts(
  policies: readonly Policy[],
  state: Json | undefined,
  byMs: number,
): Json | undefined {
  const stored = storedParts(state)
  if (stored.length === 0) return state
  return stored.map((part, index): Json => {
    const policy = policies[index]
    if (part === undefined) return null
    const isOwn = policy?.name === part.policy
    return { policy: part.policy, state: isOwn ? shiftSafely(policy, part.state, byMs) : part.state }
  })
}

/** A stored time, moved; what is none stays what it is. */
export function shiftTime(value: Json | undefined, byMs: number): Json | undefined {
  const at = storedNumber(value)
  return at === undefined ? value : at + byMs
}

/** A stored list of rows that begin with a time, each moved. */
export function shiftRows(rows: Json | undefined, byMs: number): Json | undefined {
  if (!Array.isArray(rows)) return rows
  return rows.map((row: Json): Json => {
    if (!Array.isArray(row)) return row
    const [at, ...rest] = row as readonly Json[]
    return [shiftTime(at, byMs) ?? null, ...rest]
  })
}
