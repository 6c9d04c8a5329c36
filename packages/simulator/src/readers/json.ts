import { messageOf } from '@flotilla/core/authoring'
import { type Trace, newTrace } from '../trace.js'
import { unreadable } from './failure.js'
import { epochOf, timeOf } from './time-of.js'

/** How a JSON file is read. */
export interface JsonTraceOptions {
  /** Default: the file's own `name`, else `trace`. */
  readonly name?: string | undefined
}

/**
 * A trace from JSON: `{ name, intervalMs, values, startAt }` as `Trace` has it, or with the interval in seconds as
 * `interval` or `step`, the values as `rate`, and the start as a date (`start`). Other fields, such as a source and a
 * licence, are let be.
 *
 * @param json - the text, or what it was parsed to
 * @throws FlotillaError `invalid-reading` when it is not of that shape; `invalid-options` when a value is not a rate
 */
export function readJsonTrace(json: unknown, options: JsonTraceOptions = {}): Trace {
  const fields = fieldsOf(typeof json === 'string' ? parsed(json) : json)
  const values = fields['values'] ?? fields['rate']
  if (!Array.isArray(values)) throw unreadable('read a JSON trace', 'it has no list of values')
  const startAt = startOf(fields)
  const name = options.name ?? fields['name']
  return newTrace({
    name: typeof name === 'string' ? name : 'trace',
    intervalMs: intervalOf(fields),
    values: values as readonly number[],
    ...(startAt === undefined ? {} : { startAt }),
  })
}

function parsed(text: string): unknown {
  try {
    // Windows' tools begin a file with a byte order mark, which JSON has no place for.
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw unreadable('read a JSON trace', messageOf(error))
  }
}

function intervalOf(fields: Readonly<Record<string, unknown>>): number {
  const ms = fields['intervalMs']
  if (typeof ms === 'number') return ms
  const seconds = fields['interval'] ?? fields['step']
  if (typeof seconds === 'number') return seconds * 1000
  throw unreadable('read a JSON trace', 'it has no intervalMs, nor interval or step in seconds')
}

/** A start that is a label and not a date, such as `Mon`, is no start. */
function startOf(fields: Readonly<Record<string, unknown>>): number | undefined {
  const start = fields['startAt'] ?? fields['start']
  if (typeof start !== 'number' && (typeof start !== 'string' || !/^\d{4}-\d{2}-\d{2}/.test(start)))
    return undefined
  const moment = typeof start === 'number' ? epochOf(start) : timeOf(start)
  if ('at' in moment) return typeof start === 'number' ? start : moment.at
  throw unreadable('read a JSON trace', `it has ${moment.wrong}`)
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  throw unreadable('read a JSON trace', 'it is not an object')
}
