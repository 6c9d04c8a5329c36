import { isIP } from 'node:net'
import { check, checkOptions, invalidOption, type Json } from '@flotilla/core'
import * as v from 'valibot'
import type { PullProgress, RegistryAuth } from './docker-api.js'
import { checkEnv } from './environment.js'
import { labelPrefix } from './labels.js'
import type { DockerOptions } from './options.js'

/** What `hostConfig` may not say, for another option says it, or the backend counts on it. */
const takenHostConfig: Readonly<Record<string, string>> = {
  NanoCpus: 'cpus',
  Memory: 'memoryBytes',
  Binds: 'volumes',
  NetworkMode: 'network',
  PortBindings: "address: 'published'",
  PublishAllPorts: "address: 'published'",
  RestartPolicy: 'restart',
  Init: 'init',
  ExtraHosts: 'extraHosts',
  AutoRemove: 'nothing: what an instance leaves is looked at, and removed',
}

const oneLine = (what: string): v.GenericSchema<string> =>
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  v.pipe(v.string(what), v.regex(/^[^\u0000-\u001f\u007f]+$/, what))

const argument = v.pipe(
  v.string('a string'),
  v.check((value) => !value.includes('\0'), 'a string without null characters'),
)
const args = v.pipe(
  v.array(argument, 'an array of strings'),
  v.minLength(1, 'an array of at least one string'),
)

const imageName = 'an image such as web:1 or registry.example/web@sha256:…'

const schema = v.strictObject({
  image: v.pipe(v.string(imageName), v.regex(/^[\w][\w./:@-]{0,511}$/, imageName)),
  port: v.optional(check.wholeNumber(1, 65_535)),
  command: v.optional(args),
  entrypoint: v.optional(args),
  env: v.optional(v.unknown()),
  network: v.optional(
    v.pipe(
      v.string('the name of a network'),
      v.regex(/^[A-Za-z0-9][\w.-]*$/, 'the name of a network'),
      v.check(
        (name) => name !== 'host' && name !== 'none',
        'a network that gives each instance an address of its own, so neither host nor none',
      ),
    ),
  ),
  address: v.optional(v.picklist(['ip', 'name', 'published'])),
  publishOn: v.optional(
    v.custom<string>((value) => typeof value === 'string' && isIP(value) > 0, 'an IP address'),
  ),
  cpus: v.optional(check.positiveNumber()),
  memoryBytes: v.optional(check.wholeNumber(6 * 2 ** 20)),
  volumes: v.optional(
    v.array(v.pipe(oneLine('source:target'), v.regex(/^[^:]+:\/.+/, 'source:/target, or with :ro'))),
  ),
  labels: v.optional(v.record(oneLine('a label'), v.string('a string'))),
  restart: v.optional(v.picklist(['no', 'on-failure', 'unless-stopped', 'always'])),
  init: v.optional(v.boolean('true or false')),
  stopSignal: v.optional(
    v.pipe(v.string('a signal'), v.regex(/^(SIG[A-Z0-9+-]+|\d{1,2})$/, 'a signal such as SIGQUIT')),
  ),
  graceMs: v.optional(check.milliseconds()),
  pull: v.optional(v.picklist(['missing', 'always', 'never'])),
  onPull: v.optional(check.func<(progress: PullProgress) => void>()),
  registryAuth: v.optional(v.unknown()),
  pullTimeoutMs: v.optional(check.milliseconds(1)),
  user: v.optional(oneLine('a user')),
  workingDir: v.optional(oneLine('a path')),
  extraHosts: v.optional(v.array(v.pipe(oneLine('name:address'), v.regex(/^[\w.-]+:.+/, 'name:address')))),
  hostConfig: v.optional(
    v.record(
      v.string(),
      v.custom<Json>(() => true),
    ),
  ),
  scope: v.optional(check.name()),
  zone: v.optional(oneLine('a name')),
  usage: v.optional(v.picklist(['auto', 'stats'])),
  parallel: v.optional(check.wholeNumber(1, 1000)),
  engine: v.optional(
    v.custom<DockerOptions['engine']>(isObject, 'an engine of dockerEngine(), or its options'),
  ),
})

/** @throws FlotillaError `invalid-options` */
export function checkDockerOptions(options: unknown): DockerOptions {
  const given = checkOptions('docker', schema, options)
  const { address } = given
  if (address === 'name' && (given.network === undefined || given.network === 'bridge')) {
    refuse(
      'network',
      given.network,
      "a network of your own with address: 'name'; Docker's bridge has no names",
    )
  }
  if (address === 'published' && given.port === undefined)
    refuse('port', undefined, "given with address: 'published'")
  const reserved = Object.keys(given.labels ?? {}).find((name) => name.startsWith(labelPrefix))
  if (reserved !== undefined) refuse('labels', reserved, `without the prefix ${labelPrefix}`)
  for (const name of Object.keys(given.hostConfig ?? {})) {
    const instead = takenHostConfig[name]
    if (instead !== undefined) refuse(`hostConfig.${name}`, name, `said by ${instead}`)
  }
  return {
    ...given,
    env: checkEnv('docker', given.env ?? {}),
    registryAuth: given.registryAuth === undefined ? undefined : checkAuth(given.registryAuth),
  }
}

function refuse(field: string, value: unknown, expected: string): never {
  throw invalidOption('docker', field, value, expected)
}

/** Apart, so that an error never shows what was given. */
function checkAuth(value: unknown): RegistryAuth {
  const { username, password, identitytoken } = isObject(value) ? value : {}
  const isToken = typeof identitytoken === 'string'
  if (isToken || (typeof username === 'string' && typeof password === 'string')) return value as RegistryAuth
  return refuse('registryAuth', typeof value, 'username and password, or identitytoken, all strings')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
