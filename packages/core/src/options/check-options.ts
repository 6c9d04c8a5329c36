import { inspect } from 'node:util'
import * as v from 'valibot'
import { didYouMean } from './did-you-mean.js'
import { FlotillaError } from '../errors.js'
import { everyName, namesAt, schemasAt } from './option-names.js'
import { wantedWords } from './option-words.js'

/**
 * Checks what a caller gave against a schema and returns it, unchanged in shape and with no default filled in.
 *
 * @param what - the constructor, as the caller wrote it: `Autoscaler`, `httpProbe`
 * @param at - the option or parameter that `input` is, where it is not all of the options
 * @throws FlotillaError `invalid-options`, naming the field, the value and what would do
 */
export function checkOptions<const TSchema extends v.GenericSchema>(
  what: string,
  schema: TSchema,
  input: unknown,
  at: string = '',
): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, input)
  if (result.success) return result.output
  // A misspelt name is also a missing one, and the misspelling is what helps.
  const issue = result.issues.find(isUnknownOption) ?? result.issues[0]
  throw errorOf(what, schema, issue, at)
}

/**
 * All that is wrong with what a caller gave, where `checkOptions` throws the first: for whoever has a whole file to tell of.
 *
 * @param what - as for `checkOptions`
 * @returns one error for each field, in the order of the schema; none where all is well
 */
export function optionErrors(
  what: string,
  schema: v.GenericSchema,
  input: unknown,
  at: string = '',
): readonly FlotillaError[] {
  const { issues = [] } = v.safeParse(schema, input)
  const errors = issues.map((issue) => errorOf(what, schema, issue, at))
  // A value may break several rules of its schema, and its words are the same for all of them.
  return errors.filter(({ field }, index) => errors.findIndex((other) => other.field === field) === index)
}

function errorOf(
  what: string,
  schema: v.GenericSchema,
  issue: v.BaseIssue<unknown>,
  at: string,
): FlotillaError {
  const path = (issue.path ?? []).map(({ key }) => key)
  const field = [at, ...path].filter((part) => part !== '').join('.')
  const stray = strayKey(issue, schema, path)
  if (stray !== undefined) {
    const known = knownNames(schema, [...path, stray])
    return unknownOption(what, [field, stray].filter((part) => part !== '').join('.'), known)
  }
  if (isUnknownOption(issue)) {
    const known = knownNames(schema, path).map((name) => (at === '' ? name : `${at}.${name}`))
    return unknownOption(what, field, known)
  }
  return invalidOption(what, field, issue.input, wanted(issue, schema, path))
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

/**
 * The error for an option that there is not, with the one that was probably meant. What stands under it is not shown: it
 * may be anything, also a secret with its name misspelt.
 *
 * @param known - the names that there are, dotted as `field` is
 */
export function unknownOption(what: string, field: string, known: readonly string[]): FlotillaError {
  const parent = field.slice(0, field.lastIndexOf('.') + 1)
  const meant = didYouMean(field.slice(parent.length), known)
  const beside = known.filter((name) => name.startsWith(parent) && !name.slice(parent.length).includes('.'))
  let hint = ''
  if (meant !== undefined) hint = `; did you mean \`${meant}\`?`
  else if (beside.length > 0 && beside.length <= mostListed) {
    hint = `; there is ${beside.map((name) => name.slice(parent.length)).join(', ')}`
  }
  const message = `${labelOf(what, field)} must be left out: there is no such option${hint}`
  return new FlotillaError('invalid-options', message, { field })
}

/** More names than these help nobody who reads them in an error. */
const mostListed = 12

const labelOf = (what: string, field: string): string => (field === '' ? what : `${what}: ${field}`)

const isUnknownOption = (issue: v.BaseIssue<unknown>): boolean =>
  issue.type === 'strict_object' && issue.expected === 'never'

/** A key that must be there and is not; it stands at the end of the issue's path. */
const isMissing = (issue: v.BaseIssue<unknown>): boolean =>
  (issue.type === 'strict_object' || issue.type === 'object') &&
  issue.expected !== 'never' &&
  issue.expected !== 'Object'

function wanted(issue: v.BaseIssue<unknown>, schema: v.GenericSchema, path: readonly unknown[]): string {
  if (isMissing(issue)) {
    const [missing] = schemasAt(schema, path) as readonly v.GenericSchema[]
    const inner = missing === undefined ? undefined : v.safeParse(missing, undefined).issues?.[0]
    return inner === undefined ? 'given' : wantedWords(inner)
  }
  const words = wantedWords(issue)
  if (words !== 'an object') return words
  const names = namesAt(schema, path)
  if (names.length === 0) return words
  const more = names.length > mostListed ? ', …' : ''
  return `an object of options (${names.slice(0, mostListed).join(', ')}${more})`
}

/** Those beside the unknown one first, then all others: it may only stand in the wrong place. */
function knownNames(schema: v.GenericSchema, path: readonly unknown[]): readonly string[] {
  const parents = path.slice(0, -1)
  const beside = namesAt(schema, parents).map((name) => [...parents, name].join('.'))
  return [...new Set([...beside, ...everyName(schema)])]
}

/** Of an object for which none of several shapes would do, a key that is in none of them. */
function strayKey(
  { type, input }: v.BaseIssue<unknown>,
  schema: v.GenericSchema,
  path: readonly unknown[],
): string | undefined {
  if (type !== 'union' || !isPlainObject(input)) return undefined
  const names = namesAt(schema, path)
  return names.length === 0 ? undefined : Object.keys(input).find((key) => !names.includes(key))
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function isSecretName(field: string): boolean {
  return /pass(word|phrase)?$|secret|key$|(access|api|auth|bearer)_?token|authorization|credential/i.test(
    field,
  )
}

function show(value: unknown): string {
  const entries = isPlainObject(value) ? Object.entries(value) : undefined
  const safe = entries?.map(([key, inner]) => [key, isSecretName(key) ? '(hidden)' : inner] as const)
  const text = inspect(safe === undefined ? value : Object.fromEntries(safe), {
    depth: 0,
    breakLength: Infinity,
    maxStringLength: 80,
    maxArrayLength: 3,
  })
  const shown = text.replace(/\/\/[^/@\s']*@/, '//(hidden)@')
  return shown.length <= 200 ? shown : `${shown.slice(0, 200)}…`
}
