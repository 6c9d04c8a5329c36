import { check, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { RegistryAuth } from '../api/docker-api.js'
import type { DockerEngine, DockerEngineOptions } from '../engine.js'
import { checkEnv, type Environment } from './environment.js'
import { labelPrefix } from '../labels.js'
import { anyObject, isObject, oneLine } from './option-checks.js'
import { isStopSignal } from './stop-signals.js'

const argument = v.pipe(
  v.string('a string'),
  v.check((value) => !value.includes('\0'), 'a string without null characters'),
)

/** A command line. */
const argumentList: v.GenericSchema<string[]> = v.pipe(
  v.array(argument, 'an array of strings'),
  v.minLength(1, 'an array of at least one string'),
)

const ownLabels = v.record(oneLine('a label'), v.string('a string'))
const stopSignal = v.pipe(
  v.string('a signal'),
  v.check(isStopSignal, 'a signal of Linux such as SIGQUIT, or its number, 1 to 64'),
)

/** The kernel's shortest share is a hundredth. */
const leastCpus = 0.01
const cpus = v.pipe(
  v.number('a number of cores'),
  v.check((value) => Number.isFinite(value) && value >= leastCpus, `a number of cores, ${leastCpus} or more`),
)

type Entry<T> = v.OptionalSchema<v.GenericSchema<T>, undefined>

/** An engine, or its options, which are looked at when it is opened. */
export const engineCheck: v.GenericSchema<DockerEngine | DockerEngineOptions> = anyObject(
  'an engine of dockerEngine(), or its options',
)

/** What docker() and swarmService() both take, as part of either's schema. */
export const templateEntries: {
  readonly port: Entry<number>
  readonly command: Entry<string[]>
  readonly entrypoint: Entry<string[]>
  readonly env: Entry<unknown>
  readonly cpus: Entry<number>
  readonly memoryBytes: Entry<number>
  readonly labels: Entry<Record<string, string>>
  readonly init: Entry<boolean>
  readonly stopSignal: Entry<string>
  readonly graceMs: Entry<number>
  readonly user: Entry<string>
  readonly workingDir: Entry<string>
  readonly registryAuth: Entry<unknown>
  readonly scope: Entry<string>
  readonly engine: Entry<DockerEngine | DockerEngineOptions>
} = {
  port: v.optional(check.wholeNumber(1, 65_535)),
  command: v.optional(argumentList),
  entrypoint: v.optional(argumentList),
  env: v.optional(v.unknown()),
  cpus: v.optional(cpus),
  memoryBytes: v.optional(check.wholeNumber(6 * 2 ** 20)),
  labels: v.optional(ownLabels),
  init: v.optional(v.boolean('true or false')),
  stopSignal: v.optional(stopSignal),
  graceMs: v.optional(check.milliseconds()),
  user: v.optional(oneLine('a user')),
  workingDir: v.optional(v.pipe(oneLine('a path'), v.startsWith('/', 'a whole path, such as /srv'))),
  registryAuth: v.optional(v.unknown()),
  scope: v.optional(check.name()),
  engine: v.optional(engineCheck),
}

/** What of it a schema cannot say, or would show. */
export interface TemplateValues {
  readonly address?: string | undefined
  readonly port?: number | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly env?: unknown
  readonly registryAuth?: unknown
}

/**
 * @param constructor - for errors
 * @throws FlotillaError `invalid-options`
 */
export function checkTemplate(
  constructor: string,
  { address, port, labels, env, registryAuth }: TemplateValues,
): { readonly env: Environment; readonly registryAuth: RegistryAuth | undefined } {
  if (address === 'published' && port === undefined) {
    throw invalidOption(constructor, 'port', undefined, "given with address: 'published'")
  }
  checkLabels(constructor, labels)
  return { env: checkEnv(constructor, env ?? {}), registryAuth: checkAuth(constructor, registryAuth) }
}

/** @throws FlotillaError `invalid-options` when a label of the caller's own takes the place of one of ours */
function checkLabels(constructor: string, labels: Readonly<Record<string, string>> | undefined): void {
  const reserved = Object.keys(labels ?? {}).find((name) => name.startsWith(labelPrefix))
  if (reserved === undefined) return
  throw invalidOption(constructor, 'labels', reserved, `without the prefix ${labelPrefix}`)
}

/**
 * Apart from the other options, so that an error never shows what was given.
 *
 * @throws FlotillaError `invalid-options`
 */
function checkAuth(constructor: string, value: unknown): RegistryAuth | undefined {
  if (value === undefined) return undefined
  const { username, password, identitytoken } = isObject(value) ? value : {}
  const isToken = typeof identitytoken === 'string'
  if (isToken || (typeof username === 'string' && typeof password === 'string')) return value as RegistryAuth
  const expected = 'username and password, or identitytoken, all strings'
  throw invalidOption(constructor, 'registryAuth', typeof value, expected)
}
