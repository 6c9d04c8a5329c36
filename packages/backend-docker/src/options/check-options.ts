import { isIP } from 'node:net'
import type { Json } from '@flotilla/core'
import { check, checkOptions, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'
import {
  type PullProgress,
  dockerName,
  imageName,
  oneLine,
  checkTemplate,
  templateEntries,
} from '@flotilla/docker-engine'
import type { DockerOptions } from '../options.js'
import { problemOfVolume, sharedTarget } from './volume-check.js'

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

const hostLine = 'name:address with an IP address, or host-gateway: db:10.0.0.7'

function isExtraHost(line: string): boolean {
  const [, address = ''] = /^[\w.-]+:(.+)$/.exec(line) ?? []
  return address === 'host-gateway' || isIP(address.replace(/^\[(.*)\]$/, '$1')) > 0
}

const schema = v.strictObject({
  image: imageName,
  ...templateEntries,
  network: v.optional(
    v.pipe(
      dockerName('the name of a network'),
      v.check(
        (name) => name !== 'host' && name !== 'none' && name !== 'default',
        "a network that gives each instance an address of its own, so neither host nor none; Docker's own is bridge",
      ),
    ),
  ),
  address: v.optional(v.picklist(['ip', 'name', 'published'])),
  publishOn: v.optional(
    v.custom<string>((value) => typeof value === 'string' && isIP(value) > 0, 'an IP address'),
  ),
  volumes: v.optional(
    v.array(
      v.pipe(
        oneLine('source:/target'),
        v.check(
          (volume) => problemOfVolume(volume) === undefined,
          ({ input }) => problemOfVolume(input) ?? '',
        ),
      ),
    ),
  ),
  restart: v.optional(v.picklist(['no', 'on-failure', 'unless-stopped', 'always'])),
  pull: v.optional(v.picklist(['missing', 'always', 'never'])),
  onPull: v.optional(check.func<(progress: PullProgress) => void>()),
  pullTimeoutMs: v.optional(check.milliseconds(1)),
  extraHosts: v.optional(v.array(v.pipe(oneLine('name:address'), v.check(isExtraHost, hostLine)))),
  hostConfig: v.optional(
    v.record(
      v.string(),
      v.custom<Json>(() => true),
    ),
  ),
  zone: v.optional(oneLine('a name')),
  usage: v.optional(v.picklist(['auto', 'stats'])),
  parallel: v.optional(check.wholeNumber(1, 1000)),
})

/** What `docker` takes. */
export const dockerSchema: v.GenericSchema = schema

/** @throws FlotillaError `invalid-options` */
export function checkDockerOptions(options: unknown): DockerOptions {
  const given = checkOptions('docker', schema, options)
  const { address, network } = given
  if (address === 'name' && (network === undefined || network === 'bridge')) {
    refuse('network', network, "a network of your own with address: 'name'; Docker's bridge has no names")
  }
  const doubled = sharedTarget(given.volumes ?? [])
  if (doubled !== undefined) refuse('volumes', doubled, 'a target of one volume only')
  for (const name of Object.keys(given.hostConfig ?? {})) {
    const instead = takenHostConfig[name]
    if (instead !== undefined) refuse(`hostConfig.${name}`, name, `said by ${instead}`)
  }
  return { ...given, ...checkTemplate('docker', given) }
}

function refuse(field: string, value: unknown, expected: string): never {
  throw invalidOption('docker', field, value, expected)
}
