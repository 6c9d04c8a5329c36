import type { Json } from '../json.js'
import type { Policy } from './policy.js'
import { storedParts } from './stored-parts.js'
import { storedNumber } from './stored-state.js'

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
