import { check, checkOptions } from '@flotilla/core'
import * as v from 'valibot'
import { type Trace, newTrace } from '../trace.js'
import { fieldsOf } from './csv-line.js'
import { unreadable } from './failure.js'
import { type Sample, checkSpan, resampled, usualDistanceMs } from './resample.js'

export interface CsvTraceOptions {
  /** Default `trace`. */
  readonly name?: string | undefined
  /** Name or place (from 0) of the column with the load; default the last. */
  readonly value?: string | number | undefined
  /**
   * Name or place of the column with the time: a date, or seconds or milliseconds since the epoch. Default the first
   * column when there are several; `false` for none: then `intervalMs` must be given.
   */
  readonly time?: string | number | false | undefined
  /** Default: the usual distance of the times. */
  readonly intervalMs?: number | undefined
  /** The load is requests in the interval instead of requests per second; default false. */
  readonly perInterval?: boolean | undefined
  /** Default: `;` or tab where the first line has one, else `,`. */
  readonly separator?: string | undefined
}

const column = (): v.GenericSchema<string | number> =>
  v.union([v.string(), check.wholeNumber()], 'the name of a column or its place, from 0')

const schema = v.strictObject({
  name: v.optional(check.text()),
  value: v.optional(column()),
  time: v.optional(v.union([v.literal(false), column()])),
  intervalMs: v.optional(check.milliseconds(1000)),
  perInterval: v.optional(v.boolean()),
  separator: v.optional(check.text()),
})

/**
 * A trace from CSV text, with or without a line of headings. Fields may be quoted. Times may be uneven: values are
 * averaged over each interval, and one without a line keeps the value before.
 *
 * @throws FlotillaError `invalid-reading` naming the line; `invalid-options`
 */
export function readCsvTrace(text: string, options: CsvTraceOptions = {}): Trace {
  const {
    name = 'trace',
    value,
    time,
    intervalMs,
    perInterval,
    separator,
  } = checkOptions('readCsvTrace', schema, options)
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const numbered = lines
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
  const [first] = numbered
  if (first === undefined) throw unreadable('read a CSV trace', 'it is empty')
  const sign = separator ?? [';', '\t'].find((one) => first.line.includes(one)) ?? ','
  const head = fieldsOf(first.line, sign)
  const valueAt = placeOf(value ?? head.length - 1, head)
  const timeAt =
    time === false || (time === undefined && head.length < 2) ? undefined : placeOf(time ?? 0, head)
  const hasHead = !isNumber(head[valueAt])
  const rows = (hasHead ? numbered.slice(1) : numbered).map(({ line, number }) => ({
    fields: fieldsOf(line, sign),
    number,
  }))
  if (rows.length === 0) throw unreadable('read a CSV trace', 'it has no line of values')

  const loads = rows.map(({ fields, number }) => numberAt(fields, valueAt, number))
  if (timeAt === undefined) {
    if (intervalMs === undefined)
      throw unreadable('read a CSV trace', 'without times, intervalMs must be given')
    return newTrace({ name, intervalMs, values: perSecond(loads, intervalMs, perInterval) })
  }
  const samples = rows.map(({ fields, number }, index): Sample => ({
    at: timeOf(fields[timeAt], number),
    value: loads[index] ?? 0,
  }))
  const distanceMs = usualDistanceMs(samples)
  const spacingMs = intervalMs ?? Math.max(1000, distanceMs)
  checkSpan('read a CSV trace', samples, spacingMs)
  const { startAt, values } = resampled(samples, spacingMs)
  return newTrace({
    name,
    intervalMs: spacingMs,
    startAt,
    values: perSecond(values, distanceMs, perInterval),
  })
}

function perSecond(
  values: readonly number[] | Float64Array,
  intervalMs: number,
  isPerInterval: boolean | undefined,
): Float64Array {
  const divisor = isPerInterval === true ? intervalMs / 1000 : 1
  return Float64Array.from(values, (value) => value / divisor)
}

function placeOf(column_: string | number, head: readonly string[]): number {
  const place = typeof column_ === 'number' ? column_ : head.indexOf(column_)
  if (place >= 0 && place < head.length) return place
  throw unreadable(
    'read a CSV trace',
    `there is no column ${JSON.stringify(column_)} among ${head.join(', ')}`,
  )
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text !== '' && Number.isFinite(Number(text))
}

function numberAt(fields: readonly string[], place: number, line: number): number {
  const text = fields[place]
  if (isNumber(text)) return Number(text)
  throw unreadable(
    'read a CSV trace',
    `line ${line} has ${JSON.stringify(text ?? 'nothing')} where the load belongs`,
  )
}

/** Seconds since the epoch stay below this for five thousand years. */
const firstMs = 1e11

function timeOf(text: string | undefined, line: number): number {
  if (isNumber(text)) return Number(text) < firstMs ? Number(text) * 1000 : Number(text)
  const at = Date.parse(text ?? '')
  if (Number.isFinite(at)) return at
  throw unreadable(
    'read a CSV trace',
    `line ${line} has ${JSON.stringify(text ?? 'nothing')} where the time belongs`,
  )
}
