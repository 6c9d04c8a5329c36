import { isIP } from 'node:net'
import { check, checkOptions, invalidOption, type Json } from '@flotilla/core'
import * as v from 'valibot'
import type { PullProgress } from './docker-api.js'
import { checkEnv } from './environment.js'
import {
  anyObject,
  argumentList,
  checkAuth,
  checkLabels,
  dockerName,
  image,
  memoryBytes,
  oneLine,
  ownLabels,
  port,
  stopSignal,
  trueOrFalse,
} from './option-checks.js'
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

const schema = v.strictObject({
  image,
  port: v.optional(port),
  command: v.optional(argumentList),
  entrypoint: v.optional(argumentList),
  env: v.optional(v.unknown()),
  network: v.optional(
    v.pipe(
      dockerName('the name of a network'),
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
  memoryBytes: v.optional(memoryBytes),
  volumes: v.optional(
    v.array(v.pipe(oneLine('source:target'), v.regex(/^[^:]+:\/.+/, 'source:/target, or with :ro'))),
  ),
  labels: v.optional(ownLabels),
  restart: v.optional(v.picklist(['no', 'on-failure', 'unless-stopped', 'always'])),
  init: v.optional(trueOrFalse),
  stopSignal: v.optional(stopSignal),
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
  engine: v.optional(anyObject<DockerOptions['engine']>('an engine of dockerEngine(), or its options')),
})

/** @throws FlotillaError `invalid-options` */
export function checkDockerOptions(options: unknown): DockerOptions {
  const given = checkOptions('docker', schema, options)
  const { address, network } = given
  if (address === 'name' && (network === undefined || network === 'bridge')) {
    refuse('network', network, "a network of your own with address: 'name'; Docker's bridge has no names")
  }
  if (address === 'published' && given.port === undefined) {
    refuse('port', undefined, "given with address: 'published'")
  }
  checkLabels('docker', given.labels)
  for (const name of Object.keys(given.hostConfig ?? {})) {
    const instead = takenHostConfig[name]
    if (instead !== undefined) refuse(`hostConfig.${name}`, name, `said by ${instead}`)
  }
  return {
    ...given,
    env: checkEnv('docker', given.env ?? {}),
    registryAuth: checkAuth('docker', given.registryAuth),
  }
}

function refuse(field: string, value: unknown, expected: string): never {
  throw invalidOption('docker', field, value, expected)
}
