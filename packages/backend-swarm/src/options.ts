import {
  type RegistryAuth,
  type DockerEngine,
  type DockerEngineOptions,
  withTag,
} from '@flotilla/docker-engine'
import { checkSwarmOptions } from './options/check-options.js'

/** How a service's tasks are run. */
export interface SwarmServiceOptions {
  /** With its tag or digest; needed unless `adopt` names a service that has one. */
  readonly image?: string | undefined
  /** Port that the service listens on inside its containers. Without one, instances have no address. */
  readonly port?: number | undefined
  /**
   * A service that is there already, by name, to be scaled as it is: its template stays its owner's. Then the backend
   * has one group. Left out, each group is a service of its own, which has the group's name.
   */
  readonly adopt?: string | undefined
  /** Arguments, over the image's own. */
  readonly command?: readonly string[] | undefined
  /** Executable and first arguments, over the image's own. */
  readonly entrypoint?: readonly string[] | undefined
  /** Values are never printed; whoever may read the service may read them. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Overlay network to join, which must be there; needed to reach a `port`, unless that is published. */
  readonly network?: string | undefined
  /**
   * - `ip` (default): its address in `network`, reachable from inside that
   * - `published`: a port of its node that Docker chooses, reachable from outside
   */
  readonly address?: 'ip' | 'published' | undefined
  /** How the service's own name is answered: by one virtual address (default), or by those of its tasks. */
  readonly endpointMode?: 'vip' | 'dnsrr' | undefined
  /** Most cores a task may use; default all of its node's. */
  readonly cpus?: number | undefined
  /** Over this the kernel kills it; default none. At least 6 MiB. */
  readonly memoryBytes?: number | undefined
  /** What a node must have free for a task to be put there; default nothing, so that Swarm takes every node for free. */
  readonly reserve?: Reservation | undefined
  /** Labels of your own on the service; none may begin with `flotilla.`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Where tasks may run: `node.role==worker`. */
  readonly constraints?: readonly string[] | undefined
  /**
   * What Swarm does when a task ends; default `any`: it starts another in its place, and the instance is pending
   * meanwhile. With `none` the instance has stopped and stays so, and counts: nobody replaces it, for Swarm would end
   * another in its stead.
   */
  readonly restart?: 'none' | 'on-failure' | 'any' | undefined
  /** A small init as process 1; default true. */
  readonly init?: boolean | undefined
  readonly stopSignal?: string | undefined
  /** Time from `stopSignal` to SIGKILL; default 10,000. */
  readonly graceMs?: number | undefined
  readonly user?: string | undefined
  readonly workingDir?: string | undefined
  /** How Swarm brings in a changed template. */
  readonly update?: RollingUpdate | undefined
  readonly registryAuth?: RegistryAuth | undefined
  /** Engines of the nodes, by host name, to read `usage` from; tasks on other nodes are then not read. */
  readonly nodes?: Readonly<Record<string, DockerEngine | DockerEngineOptions>> | undefined
  /** Tells apart controllers that use the same group names on one swarm. */
  readonly scope?: string | undefined
  /** A manager of the swarm, or where it is. */
  readonly engine?: DockerEngine | DockerEngineOptions | undefined
}

export interface Reservation {
  readonly cpus?: number | undefined
  readonly memoryBytes?: number | undefined
}

export interface RollingUpdate {
  /** Tasks replaced at one time; default 1. */
  readonly parallel?: number | undefined
  /** Whether the new task starts before the old one stops; default `start-first`. */
  readonly order?: 'start-first' | 'stop-first' | undefined
  /** Between one replacement and the next; default 0. */
  readonly delayMs?: number | undefined
  /** Default `rollback`. */
  readonly onFailure?: 'pause' | 'continue' | 'rollback' | undefined
}

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
  readonly env: Readonly<Record<string, string>>
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
