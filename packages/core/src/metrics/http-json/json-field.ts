import { ask, parseJson, type JsonQuestion } from '../../http/ask-json.js'
import { statusFailure } from '../../http/status-failure.js'
import { resolvePointer } from './json-pointer.js'
import type { Reading } from '../metrics.js'
import { absentReading, readingFrom, type ReadingOf } from '../readings/new-reading.js'
import { shown } from '../readings/shown.js'

/** Where a number is in an answer, and how to ask for it. */
export interface FieldQuestion extends Pick<JsonQuestion, 'headers' | 'ca' | 'allowUntrusted' | 'timeoutMs'> {
  /** RFC 6901. */
  readonly pointer: string
  readonly allowNumberText: boolean
}

/**
 * The number that one address gives.
 *
 * @throws FlotillaError as `httpJson` says; the signal's own reason
 */
export async function readField(
  of: ReadingOf,
  {
    pointer,
    allowNumberText,
    ...question
  }: FieldQuestion & Pick<JsonQuestion, 'attempted' | 'url' | 'signal'>,
): Promise<Reading> {
  const { attempted } = question
  const answer = await ask({ ...question, method: 'GET' })
  const { status, headers } = answer
  // The body of an error answer may hold anything, so it is not repeated.
  if (status < 200 || status >= 300) throw statusFailure(attempted, status, headers, undefined)
  const pointed = resolvePointer(parseJson(attempted, answer), pointer)
  if (!pointed.found) return absentReading(of, `the answer has nothing at ${pointed.missing}`)
  const { value } = pointed
  if (typeof value !== 'string') return readingFrom(of, value)
  const isNumber = /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(value)
  if (allowNumberText && isNumber) return readingFrom(of, Number(value))
  const hint = isNumber ? ', a text; allowNumberText would take it' : ''
  return absentReading(of, `invalid value ${shown(value)}${hint}`)
}
