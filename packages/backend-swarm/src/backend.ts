import {
  FlotillaError,
  type Backend,
  type BackendProblem,
  type BackendSupports,
  type BatchReport,
  type CallOptions,
  type Instance,
  type LaunchRequest,
  type Reading,
} from '@flotilla/core'
import {
  CallGuard,
  checkGroup,
  checkLaunch,
  disposable,
  templateHash,
  toFlotillaError,
  untilAborted,
} from '@flotilla/core/authoring'
import { givenEngine, type GivenEngine } from '@flotilla/docker-engine'
import { serviceName, type SwarmContext } from './context.js'
import { listSeats } from './inventory.js'
import { lastOutput } from './last-output.js'
import { launchSeat } from './launch.js'
import { SwarmManager } from './manager/manager.js'
import type { SwarmServiceOptions } from './options.js'
import { readSwarmOptions, type SwarmSettings } from './options/settings.js'
import { SeatUsage } from './usage.js'
import { ServiceChanges } from './service/service-changes.js'
import { terminateSeats } from './terminate.js'

/**
 * Instances that are tasks of a Docker Swarm service, on whatever nodes Swarm puts them: a group is a service, and its
 * size the service's replicas. A service of this package's making goes with its last instance.
 *
 * What Swarm does not let us do stands in `supports`: it chooses which task goes, by the balance of its nodes, so that
 * after a scale-in instances that stay may have another task and address than before; and it tells of changes only when
 * asked. `usage` needs the engines of the nodes.
 *
 * @throws FlotillaError `invalid-options`
 *
 * @example
 * ```ts
 * import { swarmService } from '@flotilla/backend-swarm'
 *
 * const backend = swarmService({ image: 'web:1', port: 8080, address: 'published', cpus: 1 })
 * ```
 */
export function swarmService(options: SwarmServiceOptions): Backend & AsyncDisposable {
  const settings = readSwarmOptions(options)
  const engine = givenEngine(options.engine)
  const nodes = new Map(Object.entries(options.nodes ?? {}).map(([host, node]) => [host, givenEngine(node)]))
  return disposable(new SwarmBackend(settings, { engine, nodes }))
}

export interface SwarmSurroundings {
  readonly engine: GivenEngine
  /** Default: that of the engine, which all backends on it share. */
  readonly manager?: SwarmManager | undefined
  /** By host name. */
  readonly nodes: ReadonlyMap<string, GivenEngine>
}

export class SwarmBackend implements Backend {
  readonly name: string
  readonly supports: BackendSupports
  readonly scope: string
  readonly templateHash: string | undefined
  readonly usage?: NonNullable<Backend['usage']>
  readonly #context: SwarmContext
  readonly #changes: ServiceChanges
  readonly #engines: readonly GivenEngine[]
  readonly #calls: CallGuard

  constructor(
    settings: SwarmSettings,
    { engine, nodes, manager = SwarmManager.of(engine.engine) }: SwarmSurroundings,
  ) {
    const { template, adopt } = settings
    const { scope } = settings
    this.scope = scope === undefined ? engine.engine.scope : `${engine.engine.scope} ${scope}`
    this.name = `swarm service ${adopt ?? template?.image ?? ''}`
    this.#calls = new CallGuard(this.name)
    this.templateHash = template === undefined ? undefined : templateHash(template)
    this.supports = { usage: nodes.size > 0, watch: false, chooseVictim: false }
    this.#context = {
      manager,
      settings,
      templateHash: this.templateHash,
      nodes: new Map([...nodes].map(([host, node]) => [host, node.engine])),
      seated: new Map(),
      serviceIds: new Map(),
      broughtIn: new Map(),
      rolledBack: new Map(),
      problems: new Map(),
    }
    this.#changes = new ServiceChanges(this.#context)
    this.#engines = [engine, ...nodes.values()]
    const usage = new SeatUsage(this.#context)
    if (this.supports.usage) {
      this.usage = async (instances, { signal }): Promise<readonly Reading[]> => {
        return this.#calls.run(signal, async (shared) => usage.of(instances, shared))
      }
    }
  }

  async list(group: string, { signal }: CallOptions): Promise<readonly Instance[]> {
    checkGroup('list', group)
    return this.#calls.run(signal, async (shared) => listSeats(this.#context, group, shared))
  }

  async launch(request: LaunchRequest, { signal }: CallOptions): Promise<Instance> {
    const { group, token } = checkLaunch(request)
    return launchSeat(this.#context, this.#changes, { group, token }, this.#calls.begin(signal))
  }

  async terminate(group: string, ids: readonly string[], { signal }: CallOptions): Promise<BatchReport> {
    checkGroup('terminate', group)
    const shared = this.#calls.begin(signal)
    const ending = terminateSeats(this.#context, this.#changes, { group, ids }, shared)
    this.#context.manager.engine.background.add(ending)
    return untilAborted(async () => ending, shared)
  }

  async lastOutput(instance: Instance, { signal }: CallOptions): Promise<string | undefined> {
    return this.#calls.run(signal, async (shared) => lastOutput(this.#context, instance, shared))
  }

  problems(group: string): readonly BackendProblem[] {
    return this.#context.problems.get(group) ?? []
  }

  /** Gives an adopted service back to its owner. */
  async endGroup(group: string, { signal }: CallOptions): Promise<BatchReport> {
    checkGroup('endGroup', group)
    const shared = this.#calls.begin(signal)
    const { manager, settings } = this.#context
    const ending = this.#changes.make(group, { kind: settings.adopt === undefined ? 'sweep' : 'release' })
    manager.engine.background.add(ending)
    try {
      await untilAborted(async () => ending, shared)
    } catch (error) {
      shared.throwIfAborted()
      // Somebody else's is no business of this group's.
      if (error instanceof FlotillaError && error.code === 'not-found') return { done: [], failed: [] }
      const name = serviceName(this.#context, group)
      return {
        done: [],
        failed: [{ id: `service ${name}`, error: toFlotillaError(error, `end group ${group}`) }],
      }
    }
    this.#context.problems.delete(group)
    this.#context.serviceIds.delete(group)
    return { done: [], failed: [] }
  }

  async close(): Promise<void> {
    this.#calls.close()
    await Promise.all(
      this.#engines.map(async ({ engine, isShared }) => (isShared ? undefined : engine.close())),
    )
  }
}
