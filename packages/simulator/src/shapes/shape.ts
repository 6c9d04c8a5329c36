import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { type Random, newRandom } from '../random.js'
import { type Trace, newTrace } from '../trace.js'

/** What a part of a shape is drawn on. */
export interface Canvas {
  readonly count: number
  readonly intervalMs: number
  readonly random: Random
}

/** A part of a load: a factor for each interval. 1 leaves the load as it is. */
export type ShapePart = (canvas: Canvas) => Float64Array

/** What every load has. */
export interface ShapeOptions {
  readonly name: string
  /** Multiplied with one another, interval by interval. */
  readonly parts: readonly ShapePart[]
  /** Requests per second where every factor is 1; default 100. */
  readonly rate?: number | undefined
  /** Length, milliseconds; default one day. */
  readonly durationMs?: number | undefined
  /** Default 60,000. */
  readonly intervalMs?: number | undefined
  /** The same seed gives the same load; default 1. */
  readonly seed?: number | undefined
  /** Epoch milliseconds of the first value. */
  readonly startAt?: number | undefined
}

const schema = v.strictObject({
  name: check.text(),
  parts: v.array(check.func<ShapePart>()),
  rate: v.optional(check.positiveNumber()),
  durationMs: v.optional(check.positiveNumber()),
  intervalMs: v.optional(check.milliseconds(1000)),
  seed: v.optional(check.wholeNumber()),
  startAt: v.optional(check.finiteNumber()),
})

const defaults = { rate: 100, durationMs: 86_400_000, intervalMs: 60_000, seed: 1 } as const

/**
 * A load made of parts: a day's wave, spikes, noise. Each part draws from a stream of its own, so that adding one leaves
 * the others as they were.
 *
 * @throws FlotillaError `invalid-options`
 */
export function shape(options: ShapeOptions): Trace {
  const { name, parts, startAt, ...rest } = checkOptions('shape', schema, options)
  const rate = rest.rate ?? defaults.rate
  const durationMs = rest.durationMs ?? defaults.durationMs
  const intervalMs = rest.intervalMs ?? defaults.intervalMs
  const seed = rest.seed ?? defaults.seed
  const count = Math.max(1, Math.floor(durationMs / intervalMs))
  const values = new Float64Array(count).fill(rate)
  for (const [index, part] of parts.entries()) {
    const factors = part({ count, intervalMs, random: newRandom(seed, `part ${index}`) })
    for (let place = 0; place < count; place += 1) {
      values[place] = (values[place] ?? 0) * Math.max(0, factors[place] ?? 1)
    }
  }
  return newTrace({ name, intervalMs, values, ...(startAt === undefined ? {} : { startAt }) })
}

/** A part from the factor at each moment, milliseconds since the start. */
export function drawn(factorAt: (ms: number) => number): ShapePart {
  return ({ count, intervalMs }) =>
    Float64Array.from({ length: count }, (_, index) => factorAt((index + 0.5) * intervalMs))
}
