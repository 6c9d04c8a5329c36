import type { Engine } from '../engine.js'
import type { SwarmManager } from './manager.js'
import type { SwarmSettings } from './options.js'

/** What every call of one backend works with. */
export interface SwarmContext {
  readonly manager: SwarmManager
  readonly settings: SwarmSettings
  readonly templateHash: string | undefined
  /** Engines of the nodes, by host name. */
  readonly nodes: ReadonlyMap<string, Engine>
  /** By group: where each token sat last. */
  readonly seated: Map<string, ReadonlyMap<string, number>>
}

/** The service that has a group's machines. */
export function serviceName({ settings }: Pick<SwarmContext, 'settings'>, group: string): string {
  return settings.adopt ?? group
}
