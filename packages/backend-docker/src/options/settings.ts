import type { Json } from '@flotilla/core'
import { containerTemplate, type ContainerTemplate, type RegistryAuth } from '@flotilla/docker-engine'
import type { AddressKind, DockerOptions } from '../options.js'
import { checkDockerOptions } from './check-options.js'

const defaults = {
  address: 'ip',
  restart: 'no',
  graceMs: 10_000,
  pull: 'missing',
  pullTimeoutMs: 600_000,
  usage: 'auto',
  parallel: 8,
} as const

/** All that makes an instance what it is: another template has another hash. */
export interface Template extends ContainerTemplate {
  readonly network: string | undefined
  readonly address: AddressKind
  readonly publishOn: string | undefined
  readonly volumes: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly restart: NonNullable<DockerOptions['restart']>
  readonly extraHosts: readonly string[]
  readonly hostConfig: Readonly<Record<string, Json>>
}

/** The options with every default filled in. */
export interface Settings {
  readonly template: Template
  readonly graceMs: number
  readonly pull: NonNullable<DockerOptions['pull']>
  readonly onPull: DockerOptions['onPull']
  readonly registryAuth: RegistryAuth | undefined
  readonly pullTimeoutMs: number
  readonly scope: string | undefined
  readonly zone: string | undefined
  readonly usage: NonNullable<DockerOptions['usage']>
  readonly parallel: number
}

/** @throws FlotillaError `invalid-options` */
export function readOptions(options: DockerOptions): Settings {
  const given = checkDockerOptions(options)
  return {
    template: {
      ...containerTemplate(given.image, given),
      network: given.network,
      address: given.address ?? defaults.address,
      publishOn: given.publishOn,
      volumes: given.volumes ?? [],
      labels: given.labels ?? {},
      restart: given.restart ?? defaults.restart,
      extraHosts: given.extraHosts ?? [],
      hostConfig: given.hostConfig ?? {},
    },
    graceMs: given.graceMs ?? defaults.graceMs,
    pull: given.pull ?? defaults.pull,
    onPull: given.onPull,
    registryAuth: given.registryAuth,
    pullTimeoutMs: given.pullTimeoutMs ?? defaults.pullTimeoutMs,
    scope: given.scope,
    zone: given.zone,
    usage: given.usage ?? defaults.usage,
    parallel: given.parallel ?? defaults.parallel,
  }
}

/** Values of the template that must not be shown. */
export function secretsOf({ template }: Pick<Settings, 'template'>): readonly string[] {
  return Object.values(template.env)
}
