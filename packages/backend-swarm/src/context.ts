import type { BackendProblem } from '@flotilla/core'
import type { Engine } from '@flotilla/docker-engine'
import type { SwarmManager } from './manager/manager.js'
import type { SwarmSettings } from './options/settings.js'
import type { RolledBack } from './service/rollout.js'

/** What every call of one backend works with. */
export interface SwarmContext {
  readonly manager: SwarmManager
  readonly settings: SwarmSettings
  readonly templateHash: string | undefined
  /** Engines of the nodes, by host name. */
  readonly nodes: ReadonlyMap<string, Engine>
  /** By group: where each token sat last. */
  readonly seated: Map<string, ReadonlyMap<string, number>>
  /** By group: the service that was seen to be its. */
  readonly serviceIds: Map<string, string>
  /** By the service's id: the template that was brought into it by an update of ours. */
  readonly broughtIn: Map<string, string>
  /** By the service's id: the template of ours that Swarm has taken back. It is not brought in again. */
  readonly rolledBack: Map<string, RolledBack>
  /** By group: what stands in the way of it, as it was last seen. */
  readonly problems: Map<string, readonly BackendProblem[]>
}

/** The service that has a group's machines. */
export function serviceName({ settings }: Pick<SwarmContext, 'settings'>, group: string): string {
  return settings.adopt ?? group
}
