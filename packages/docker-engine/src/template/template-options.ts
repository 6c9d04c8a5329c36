import { check, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { RegistryAuth } from '../api/docker-api.js'
import type { DockerEngine, DockerEngineOptions } from '../engine.js'
import { labelPrefix } from '../labels.js'
import { withTag } from './image.js'
import { argumentList, cores, oneLine, signalOption } from './fields.js'

/** Variables of an instance. */
export type Variables = Readonly<Record<string, string>>

/** Options of whatever runs containers of one image. */
export interface TemplateOptions {
  /** Port that the service listens on inside the container. Without one, instances have no address. */
  readonly port?: number | undefined
  /** Arguments, over the image's own. */
  readonly command?: readonly string[] | undefined
  /** Executable and first arguments, over the image's own. */
  readonly entrypoint?: readonly string[] | undefined
  /** Variables. Values are never printed. */
  readonly env?: Variables | undefined
  /** Most cores that an instance may use, and what a `cpu` reading of 1 means; default all of its host's. */
  readonly cpus?: number | undefined
  /** The kernel kills an instance that uses more; default no limit. At least 6 MiB. */
  readonly memoryBytes?: number | undefined
  /** Labels of your own; none may begin with `flotilla.`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** A small init as process 1, which passes signals on and reaps children; default true. */
  readonly init?: boolean | undefined
  /** Asks an instance to end; default the image's own, else `SIGTERM`. */
  readonly stopSignal?: string | undefined
  /** Time from `stopSignal` to SIGKILL; default 10,000. */
  readonly graceMs?: number | undefined
  /** `user`, `uid`, or either with `:group`. */
  readonly user?: string | undefined
  readonly workingDir?: string | undefined
  /** For a registry that asks who pulls. */
  readonly registryAuth?: RegistryAuth | undefined
  /** Tells apart controllers that use the same group names on one engine or swarm. */
  readonly scope?: string | undefined
  /** The engine, or where it is. One engine given to several backends is asked once for all of them. */
  readonly engine?: DockerEngine | DockerEngineOptions | undefined
}

/** The part of a template that every container has, defaults filled in. */
export interface ContainerTemplate {
  readonly image: string
  readonly port: number | undefined
  readonly command: readonly string[] | undefined
  readonly entrypoint: readonly string[] | undefined
  readonly env: Variables
  readonly cpus: number | undefined
  readonly memoryBytes: number | undefined
  readonly init: boolean
  readonly stopSignal: string | undefined
  readonly user: string | undefined
  readonly workingDir: string | undefined
}

/** That part, of options that have been checked. */
export function containerTemplate(image: string, given: TemplateOptions): ContainerTemplate {
  const { port, command, entrypoint, env, cpus, memoryBytes, init, stopSignal, user, workingDir } = given
  return {
    image: withTag(image),
    port,
    command,
    entrypoint,
    env: env ?? {},
    cpus,
    memoryBytes,
    init: init ?? true,
    stopSignal,
    user,
    workingDir,
  }
}

const ownLabels = v.record(oneLine('a label'), v.string('a string'))

type Entry<T> = v.OptionalSchema<v.GenericSchema<T>, undefined>

/** An engine, or its options, which are checked when it is opened. */
export const engineOption: v.GenericSchema<DockerEngine | DockerEngineOptions> = check.made(
  'a connection',
  v.custom<DockerEngine | DockerEngineOptions>(isObject, 'an engine of dockerEngine(), or its options'),
)

/** Options that docker() and swarmService() both take, as part of either's schema. */
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
  cpus: v.optional(cores),
  memoryBytes: v.optional(check.wholeNumber(6 * 2 ** 20)),
  labels: v.optional(ownLabels),
  init: v.optional(v.boolean('true or false')),
  stopSignal: v.optional(signalOption),
  graceMs: v.optional(check.milliseconds()),
  user: v.optional(oneLine('a user')),
  workingDir: v.optional(v.pipe(oneLine('a path'), v.startsWith('/', 'a whole path, such as /srv'))),
  registryAuth: v.optional(v.unknown()),
  scope: v.optional(check.name()),
  engine: v.optional(engineOption),
}

/** Options that are checked apart: together with others, or because an error must not show them. */
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
): { readonly env: Variables; readonly registryAuth: RegistryAuth | undefined } {
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
 * Checks credentials; an error never shows them.
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

/**
 * Checks variables; an error names the variable and never shows a value.
 *
 * @throws FlotillaError `invalid-options`
 */
function checkEnv(constructor: string, env: unknown): Variables {
  if (typeof env !== 'object' || env === null || Array.isArray(env)) {
    throw invalidOption(constructor, 'env', typeof env, 'an object of variables and their values')
  }
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || /[=\0]/.test(name)) {
      throw invalidOption(constructor, 'env', name, 'an object whose keys are names of variables, without =')
    }
    if (typeof value !== 'string' || value.includes('\0')) {
      throw invalidOption(constructor, `env.${name}`, typeof value, 'a string without null characters')
    }
  }
  return env as Variables
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
