import * as v from 'valibot'
import type { FlotillaError } from '../../errors.js'
import { func, having, milliseconds, wholeNumber } from '../../options/checks.js'
import type { Probe } from '../../probes/probe.js'

/** Machines made ahead of need, that wait asleep until a launch takes one. The same on every backend that has a warm pool. */
export interface WarmPoolOptions<Kind extends string = string> {
  /** How many wait. */
  readonly size: number
  /** How they wait; the backend says which kinds it has, and which is the default. */
  readonly kind?: Kind | undefined
  /** What a booted one must pass before it is put to sleep; default that its port takes a connection, where it has one. */
  readonly ready?: Probe | undefined
  /** From its start to `ready`; default 300,000. */
  readonly bootTimeoutMs?: number | undefined
  /**
   * Hears why one could not be made, put to sleep or removed; it is tried again, with a growing pause. The backend's
   * `problems` tell it as well, for as long as it is so.
   */
  readonly onProblem?: ((error: FlotillaError) => void) | undefined
}

/** Default of `bootTimeoutMs`. */
export const warmPoolBootMs = 300_000

/**
 * Checks of `WarmPoolOptions`, for a backend's own strict schema: `v.strictObject({ ...warmPoolEntries(kinds), … })`.
 *
 * @param kinds - those that the backend has
 */
export const warmPoolEntries = <const Kind extends string>(
  kinds: readonly Kind[],
): WarmPoolEntries<Kind> => ({
  size: wholeNumber(0, 1000),
  kind: v.optional(v.picklist(kinds)),
  ready: v.optional(having<Probe>('a probe', 'check')),
  bootTimeoutMs: v.optional(milliseconds(1)),
  onProblem: v.optional(func<(error: FlotillaError) => void>()),
})

/** What `warmPoolEntries` gives. */
export type WarmPoolEntries<Kind extends string> = {
  readonly size: v.GenericSchema<number>
  readonly kind: v.OptionalSchema<v.PicklistSchema<readonly Kind[], undefined>, undefined>
  readonly ready: v.OptionalSchema<v.GenericSchema<Probe>, undefined>
  readonly bootTimeoutMs: v.OptionalSchema<v.GenericSchema<number>, undefined>
  /** Of `WarmPoolOptions.onProblem`. */
  readonly onProblem: v.OptionalSchema<v.GenericSchema<(error: FlotillaError) => void>, undefined>
}
