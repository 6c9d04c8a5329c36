import { inspect } from 'node:util'
import * as v from 'valibot'
import { FlotillaError } from './errors.js'

/**
 * Checks what a caller gave against a schema and returns it, unchanged in shape and with no default filled in.
 *
 * @param what - the constructor, as the caller wrote it: `Autoscaler`, `httpProbe`
 * @throws FlotillaError `invalid-options`, naming the field, the value and what would do
 */
export function checkOptions<const TSchema extends v.GenericSchema>(
  what: string,
  schema: TSchema,
  input: unknown,
): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, input)
  if (result.success) return result.output
  const issue = result.issues[0]
  const field = v.getDotPath(issue) ?? ''
  // What stands under a name that is no option may be anything, also a secret with its name misspelt.
  if (isUnknownOption(issue)) throw hiddenOption(what, field, 'left out: there is no such option')
  throw invalidOption(what, field, issue.input, wanted(issue))
}

/** The error for one bad option, for checks that a schema cannot say. */
export function invalidOption(what: string, field: string, value: unknown, expected: string): FlotillaError {
  if (isSecretName(field)) return hiddenOption(what, field, expected)
  const message = `${labelOf(what, field)} must be ${expected}, got ${show(value)}`
  return new FlotillaError('invalid-options', message, { field, value })
}

/** The same without the value, for one that may be a secret. */
export function hiddenOption(what: string, field: string, expected: string): FlotillaError {
  const message = `${labelOf(what, field)} must be ${expected}, got (hidden)`
  return new FlotillaError('invalid-options', message, { field })
}

const labelOf = (what: string, field: string): string => (field === '' ? what : `${what}: ${field}`)

const isUnknownOption = (issue: v.BaseIssue<unknown>): boolean =>
  issue.type === 'strict_object' && issue.expected === 'never'

function wanted(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object') return 'given'
  // A schema's own message says what would do; valibot's default one ("Invalid type: …") does not read as that.
  return issue.message.startsWith('Invalid ') ? (issue.expected ?? issue.message) : issue.message
}

function isSecretName(field: string): boolean {
  return /pass(word|phrase)?$|secret|key$|(access|api|auth|bearer)_?token|authorization|credential/i.test(
    field,
  )
}

function show(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 80, maxArrayLength: 3 })
  return text.replace(/\/\/[^/@\s']*@/, '//(hidden)@')
}
