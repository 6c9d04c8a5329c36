import * as v from 'valibot'
import { abortSignal, milliseconds } from '../../options/checks.js'

/** Options of `Autoscaler.start()`. */
export interface StartOptions {
  /** Stops the loop when it aborts, as `stop()` does: the group goes on running. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `Autoscaler.stop()`. */
export interface StopOptions {
  /**
   * Ends every instance but the protected ones, drained first, and what was made for the group beside them; by default the
   * group goes on running.
   */
  readonly terminate?: boolean | undefined
  /**
   * How long the balancer may take to let go of the instances, drains included, before they are ended all the same;
   * milliseconds, default 60,000, or `timeouts.balanceMs` when that is less.
   */
  readonly drainMs?: number | undefined
  /**
   * Closes, once the group has stopped, all that the autoscaler was given: balancer, metric sources, backend, store and
   * logs; default false, as each may serve other groups as well. After `stop` rejected they are still open.
   */
  readonly close?: boolean | undefined
}

export const stopSchema: v.GenericSchema<StopOptions> = v.strictObject({
  terminate: v.optional(v.boolean()),
  drainMs: v.optional(milliseconds()),
  close: v.optional(v.boolean()),
})

export const startSchema: v.GenericSchema<StartOptions> = v.strictObject({
  signal: v.optional(abortSignal()),
})
