import * as v from 'valibot'
import { wholeNumber } from '../../options/checks.js'

/** How far one evaluation may move the count, as Nomad's `max_scale_up` and `max_scale_down`. */
export interface StepLimit {
  /** Most instances added at once, 0 for never; no limit by default. */
  readonly maxOut?: number | undefined
  /** Most instances removed at once, 0 for never; no limit by default. */
  readonly maxIn?: number | undefined
}

export const stepLimitEntries: {
  readonly maxOut: v.GenericSchema<number | undefined>
  readonly maxIn: v.GenericSchema<number | undefined>
} = { maxOut: v.optional(wholeNumber(0)), maxIn: v.optional(wholeNumber(0)) }

/** The count moved no further than the limit, and why it is not what was wanted. */
export function withinStep(
  current: number,
  wanted: number,
  { maxOut = Infinity, maxIn = Infinity }: StepLimit,
): { readonly count: number; readonly why: string } {
  if (wanted > current + maxOut) return { count: current + maxOut, why: `; at most ${maxOut} more at once` }
  if (wanted < current - maxIn) return { count: current - maxIn, why: `; at most ${maxIn} fewer at once` }
  return { count: wanted, why: '' }
}
