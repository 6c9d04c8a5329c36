import { checkOptions } from '@flotilla/core/authoring'
import { check } from '@flotilla/core/authoring'
import * as v from 'valibot'

/** A load over time, evenly sampled. */
export interface Trace {
  readonly name: string
  /** From one value to the next, milliseconds; at least 1000. */
  readonly intervalMs: number
  /** Requests per second, each the mean over the interval that it begins. Finite, >= 0. */
  readonly values: readonly number[] | Float64Array
  /** When the first interval begins, epoch milliseconds; default 2024-01-01 00:00 UTC, a Monday. */
  readonly startAt?: number | undefined
}

/** Where a trace without a date is put. */
export const defaultStartAt: number = Date.UTC(2024, 0, 1)

/** What lies between two values: the value held for its whole interval, or a straight line between their middles. */
export type Between = 'hold' | 'linear'

const message = 'a list of at least one finite number >= 0'

export const traceSchema: v.GenericSchema<Trace> = v.strictObject({
  name: check.text(),
  intervalMs: check.milliseconds(1000),
  values: v.custom<readonly number[] | Float64Array>(isLoad, message),
  startAt: v.optional(check.finiteNumber()),
})

/**
 * A trace, checked.
 *
 * @throws FlotillaError `invalid-options`
 */
export function newTrace(trace: Trace): Trace {
  return checkOptions('newTrace', traceSchema, trace)
}

function isLoad(values: unknown): boolean {
  if (!Array.isArray(values) && !(values instanceof Float64Array)) return false
  if (values.length === 0) return false
  for (const value of values as ArrayLike<unknown> & Iterable<unknown>) {
    if (typeof value !== 'number' || !(value >= 0) || value === Infinity) return false
  }
  return true
}

/** The rate of each second, requests per second. */
export function ratesOf({ values, intervalMs }: Trace, between: Between = 'hold'): Float64Array {
  const rates = new Float64Array(Math.max(1, Math.floor((values.length * intervalMs) / 1000)))
  const last = values.length - 1
  for (let second = 0; second < rates.length; second += 1) {
    if (between === 'hold') {
      rates[second] = values[Math.min(last, Math.floor((second * 1000) / intervalMs))] ?? 0
      continue
    }
    // The middle of this second, counted from the middle of the first interval.
    const place = Math.min(last, Math.max(0, (second * 1000 + 500) / intervalMs - 0.5))
    const below = Math.floor(place)
    const from = values[below] ?? 0
    const to = values[Math.min(last, below + 1)] ?? 0
    rates[second] = from + (to - from) * (place - below)
  }
  return rates
}

/**
 * The value that this share of a trace's intervals does not pass.
 *
 * @param share - 0 to 1
 */
export function quantileOf(values: Trace['values'], share: number): number {
  const sorted = Float64Array.from(values).toSorted()
  const place = (sorted.length - 1) * share
  const below = Math.floor(place)
  const from = sorted[below] ?? 0
  return from + ((sorted[Math.min(sorted.length - 1, below + 1)] ?? from) - from) * (place - below)
}

/** The trace with every value multiplied. */
export function scaled(trace: Trace, factor: number): Trace {
  return { ...trace, values: Float64Array.from(trace.values, (value) => value * factor) }
}
