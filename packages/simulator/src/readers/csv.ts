import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { type Trace, newTrace } from '../trace.js'
import { fieldsOf, linesOf } from './csv-line.js'
import { unreadable } from './failure.js'
import { Samples } from './samples.js'
import { timeOf } from './time-of.js'

/** How a CSV file is read. */
export interface CsvTraceOptions {
  /** Default `trace`. */
  readonly name?: string | undefined
  /** Name or place (from 0) of the column with the load; default the last. */
  readonly value?: string | number | undefined
  /**
   * Name or place of the column with the time: a date (UTC where it names no zone), or seconds or milliseconds since the
   * epoch. Default the first column when there are several; `false` for none: then `intervalMs` must be given.
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
  let columns: Columns | undefined
  const samples = new Samples()
  for (const { line, number } of linesOf(text)) {
    if (columns === undefined) {
      columns = columnsOf(line, { separator, value, time })
      if (columns.hasHead) continue
    }
    const fields = fieldsIn(line, number, columns.separator)
    const load = numberAt(fields, columns.value, number)
    samples.add(columns.time === undefined ? samples.size : momentAt(fields, columns.time, number), load)
  }
  if (columns === undefined) throw unreadable(attempted, 'it is empty')
  if (samples.size === 0) throw unreadable(attempted, 'it has no line of values')
  if (columns.time === undefined) {
    if (intervalMs === undefined) throw unreadable(attempted, 'without times, intervalMs must be given')
    const { values } = samples.resampled(attempted, 1)
    return newTrace({ name, intervalMs, values: perSecond(values, intervalMs, perInterval) })
  }
  const distanceMs = samples.usualDistanceMs()
  const spacingMs = intervalMs ?? Math.max(1000, distanceMs)
  const { startAt, values } = samples.resampled(attempted, spacingMs)
  return newTrace({
    name,
    intervalMs: spacingMs,
    startAt,
    values: perSecond(values, distanceMs, perInterval),
  })
}

const attempted = 'read a CSV trace'

/** Where a file has what. */
interface Columns {
  readonly separator: string
  readonly value: number
  readonly time: number | undefined
  readonly hasHead: boolean
}

/** Told from the first line. */
function columnsOf(line: string, given: Pick<CsvTraceOptions, 'separator' | 'value' | 'time'>): Columns {
  const separator = given.separator ?? [';', '\t'].find((one) => line.includes(one)) ?? ','
  const head = fieldsIn(line, 1, separator)
  const value = placeOf(given.value ?? head.length - 1, head)
  return { separator, value, time: timePlace(given.time, head), hasHead: !isNumber(head[value]) }
}

function timePlace(time: CsvTraceOptions['time'], head: readonly string[]): number | undefined {
  if (time === undefined) return head.length > 1 ? 0 : undefined
  return time === false ? undefined : placeOf(time, head)
}

function fieldsIn(line: string, number: number, separator: string): readonly string[] {
  const fields = fieldsOf(line, separator)
  if (fields === undefined) throw unreadable(attempted, `line ${number} has a quote that is not closed`)
  return fields
}

function perSecond(
  values: Float64Array,
  intervalMs: number,
  isPerInterval: boolean | undefined,
): Float64Array {
  if (isPerInterval !== true) return values
  return values.map((value) => value / (intervalMs / 1000))
}

function placeOf(column_: string | number, head: readonly string[]): number {
  const place = typeof column_ === 'number' ? column_ : head.indexOf(column_)
  if (place >= 0 && place < head.length) return place
  throw unreadable(attempted, `there is no column ${JSON.stringify(column_)} among ${head.join(', ')}`)
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text !== '' && Number.isFinite(Number(text))
}

function numberAt(fields: readonly string[], place: number, line: number): number {
  const text = fields[place]
  if (isNumber(text)) return Number(text)
  throw unreadable(attempted, `line ${line} has ${JSON.stringify(text ?? 'nothing')} where the load belongs`)
}

function momentAt(fields: readonly string[], place: number, line: number): number {
  const moment = timeOf(fields[place] ?? '')
  if ('at' in moment) return moment.at
  throw unreadable(attempted, `line ${line} has ${moment.wrong}`)
}
