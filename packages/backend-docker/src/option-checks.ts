import { check, invalidOption } from '@flotilla/core'
import * as v from 'valibot'
import type { RegistryAuth } from './docker-api.js'
import { labelPrefix } from './labels.js'

/** A string of one line that is not empty. */
export const oneLine = (what: string): v.GenericSchema<string> =>
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  v.pipe(v.string(what), v.regex(/^[^\u0000-\u001f\u007f]+$/, what))

const argument = v.pipe(
  v.string('a string'),
  v.check((value) => !value.includes('\0'), 'a string without null characters'),
)

/** A command line. */
export const argumentList: v.GenericSchema<string[]> = v.pipe(
  v.array(argument, 'an array of strings'),
  v.minLength(1, 'an array of at least one string'),
)

const imageName = 'an image such as web:1 or registry.example/web@sha256:…'
export const image: v.GenericSchema<string> = v.pipe(
  v.string(imageName),
  v.regex(/^[\w][\w./:@-]{0,511}$/, imageName),
)

/** A name that Docker gives a network or a service. */
export const dockerName = (what: string): v.GenericSchema<string> =>
  v.pipe(v.string(what), v.regex(/^[A-Za-z0-9][\w.-]*$/, what))

export const port: v.GenericSchema<number> = check.wholeNumber(1, 65_535)
export const memoryBytes: v.GenericSchema<number> = check.wholeNumber(6 * 2 ** 20)
export const trueOrFalse: v.GenericSchema<boolean> = v.boolean('true or false')
export const ownLabels: v.GenericSchema<Record<string, string>> = v.record(
  oneLine('a label'),
  v.string('a string'),
)
export const stopSignal: v.GenericSchema<string> = v.pipe(
  v.string('a signal'),
  v.regex(/^(SIG[A-Z0-9+-]+|\d{1,2})$/, 'a signal such as SIGQUIT'),
)

/** An engine, or its options, which are looked at when it is opened. */
export const anyObject = <T>(what: string): v.GenericSchema<T> => v.custom<T>(isObject, what)

/** @throws FlotillaError `invalid-options` when a label of the caller's own takes the place of one of ours */
export function checkLabels(constructor: string, labels: Readonly<Record<string, string>> | undefined): void {
  const reserved = Object.keys(labels ?? {}).find((name) => name.startsWith(labelPrefix))
  if (reserved === undefined) return
  throw invalidOption(constructor, 'labels', reserved, `without the prefix ${labelPrefix}`)
}

/**
 * Apart from the other options, so that an error never shows what was given.
 *
 * @throws FlotillaError `invalid-options`
 */
export function checkAuth(constructor: string, value: unknown): RegistryAuth | undefined {
  if (value === undefined) return undefined
  const { username, password, identitytoken } = isObject(value) ? value : {}
  const isToken = typeof identitytoken === 'string'
  if (isToken || (typeof username === 'string' && typeof password === 'string')) return value as RegistryAuth
  const expected = 'username and password, or identitytoken, all strings'
  throw invalidOption(constructor, 'registryAuth', typeof value, expected)
}

/** Without a tag the engine would pull every tag there is. */
export function withTag(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1)
  return /[:@]/.test(last) ? name : `${name}:latest`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
