import { withTag, type RegistryAuth, type Variables } from '@flotilla/docker-engine'
import type { Reservation, RollingUpdate, SwarmServiceOptions } from '../options.js'
import { checkSwarmOptions } from './check-options.js'

const defaults = {
  address: 'ip',
  endpointMode: 'vip',
  restart: 'any',
  init: true,
  graceMs: 10_000,
  update: { parallel: 1, order: 'start-first', delayMs: 0, onFailure: 'rollback' },
} as const

/** All that makes a task what it is. */
export interface ServiceTemplate {
  readonly image: string
  readonly port: number | undefined
  readonly command: readonly string[] | undefined
  readonly entrypoint: readonly string[] | undefined
  readonly env: Variables
  readonly network: string | undefined
  readonly address: 'ip' | 'published'
  readonly endpointMode: 'vip' | 'dnsrr'
  readonly cpus: number | undefined
  readonly memoryBytes: number | undefined
  /** Left out where nothing is reserved, so that templates are what they were. */
  readonly reserve?: Reservation
  readonly constraints: readonly string[]
  readonly restart: 'none' | 'on-failure' | 'any'
  readonly init: boolean
  readonly stopSignal: string | undefined
  readonly graceMs: number
  readonly user: string | undefined
  readonly workingDir: string | undefined
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
            image: withTag(given.image),
            port,
            command: given.command,
            entrypoint: given.entrypoint,
            env: given.env ?? {},
            network,
            address,
            endpointMode: given.endpointMode ?? defaults.endpointMode,
            cpus: given.cpus,
            memoryBytes: given.memoryBytes,
            ...(given.reserve === undefined ? {} : { reserve: given.reserve }),
            constraints: given.constraints ?? [],
            restart: given.restart ?? defaults.restart,
            init: given.init ?? defaults.init,
            stopSignal: given.stopSignal,
            graceMs,
            user: given.user,
            workingDir: given.workingDir,
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
