import { containerTemplate, type ContainerTemplate, type RegistryAuth } from '@flotilla/docker-engine'
import type { Reservation, RollingUpdate, SwarmServiceOptions } from '../options.js'
import { checkSwarmOptions } from './check-options.js'

const defaults = {
  address: 'ip',
  endpointMode: 'vip',
  restart: 'any',
  graceMs: 10_000,
  update: { parallel: 1, order: 'start-first', delayMs: 0, onFailure: 'rollback' },
} as const

/** All that makes a task what it is. */
export interface ServiceTemplate extends ContainerTemplate {
  readonly network: string | undefined
  readonly address: 'ip' | 'published'
  readonly endpointMode: 'vip' | 'dnsrr'
  /** Left out where nothing is reserved, so that templates are what they were. */
  readonly reserve?: Reservation
  readonly constraints: readonly string[]
  readonly restart: 'none' | 'on-failure' | 'any'
  readonly graceMs: number
}

/** The options with every default filled in. */
export interface SwarmSettings {
  /** Undefined for a service that is adopted. */
  readonly template: ServiceTemplate | undefined
  readonly adopt: string | undefined
  readonly port: number | undefined
  readonly network: string | undefined
  readonly address: 'ip' | 'published'
  readonly graceMs: number
  readonly labels: Readonly<Record<string, string>>
  readonly update: { readonly [Name in keyof RollingUpdate]-?: NonNullable<RollingUpdate[Name]> }
  readonly registryAuth: RegistryAuth | undefined
  readonly scope: string | undefined
}

/** @throws FlotillaError `invalid-options` */
export function readSwarmOptions(options: SwarmServiceOptions): SwarmSettings {
  const given = checkSwarmOptions(options)
  const { port, network, adopt } = given
  const address = given.address ?? defaults.address
  const graceMs = given.graceMs ?? defaults.graceMs
  const { parallel, order, delayMs, onFailure } = given.update ?? {}
  return {
    template:
      given.image === undefined
        ? undefined
        : {
            ...containerTemplate(given.image, given),
            network,
            address,
            endpointMode: given.endpointMode ?? defaults.endpointMode,
            ...(given.reserve === undefined ? {} : { reserve: given.reserve }),
            constraints: given.constraints ?? [],
            restart: given.restart ?? defaults.restart,
            graceMs,
          },
    adopt,
    port,
    network,
    address,
    graceMs,
    labels: given.labels ?? {},
    update: {
      parallel: parallel ?? defaults.update.parallel,
      order: order ?? defaults.update.order,
      delayMs: delayMs ?? defaults.update.delayMs,
      onFailure: onFailure ?? defaults.update.onFailure,
    },
    registryAuth: given.registryAuth,
    scope: given.scope,
  }
}
