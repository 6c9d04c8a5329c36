import { FlotillaError, type CallOptions } from '@flotilla/core'
import { SharedAnswer, groupBy } from '@flotilla/core/authoring'
import { isNotFound, type Engine, type Question, labels } from '@flotilla/docker-engine'
import { dockerodeSwarm } from './dockerode-swarm.js'
import type { Service, SwarmApi, SwarmNode, Task } from './swarm-api.js'

/** The services of all groups, and the tasks of each by its id. */
export interface SwarmView {
  readonly services: readonly Service[]
  readonly tasks: ReadonlyMap<string, readonly Task[]>
}

/** Nodes come and go seldom; but one that is down has nobody that serves. */
const nodesMaxAgeMs = 5000
/** Against others who remove services while all are looked at. */
const lookAttempts = 5
const managers = new WeakMap<Engine, SwarmManager>()

/** What all backends of one swarm share: two calls give all their groups. */
export class SwarmManager {
  readonly engine: Engine
  readonly #swarm: SwarmApi
  readonly view: SharedAnswer<SwarmView>
  /** By id. */
  readonly nodes: SharedAnswer<ReadonlyMap<string, SwarmNode>>

  constructor(engine: Engine, swarm: SwarmApi = dockerodeSwarm(engine.docker)) {
    this.engine = engine
    this.#swarm = swarm
    const { clock, listMaxAgeMs } = engine
    this.view = new SharedAnswer({
      fetch: async (signal) => this.#look(signal),
      clock,
      maxAgeMs: listMaxAgeMs,
    })
    this.nodes = new SharedAnswer({
      fetch: async (signal) => this.#nodes(signal),
      clock,
      maxAgeMs: nodesMaxAgeMs,
    })
  }

  static of(engine: Engine): SwarmManager {
    const manager = managers.get(engine) ?? new SwarmManager(engine)
    managers.set(engine, manager)
    return manager
  }

  async ask<T>(question: Question, work: (swarm: SwarmApi, call: CallOptions) => Promise<T>): Promise<T> {
    return this.engine.within(question, async (call) => work(this.#swarm, call))
  }

  /** By its whole name; undefined when there is none. */
  async inspect(name: string, question: Question): Promise<Service | undefined> {
    try {
      const found = await this.ask(question, async (swarm, call) => swarm.inspectService(name, call))
      // A name that nobody has is taken for the beginning of an id, which may be a stranger's.
      return found.Spec.Name === name ? found : undefined
    } catch (error) {
      if (error instanceof FlotillaError && isNotFound(error)) return undefined
      throw error
    }
  }

  async tasksOf(serviceIds: readonly string[], question: Question): Promise<readonly Task[]> {
    // No filter at all would give the tasks of everybody.
    if (serviceIds.length === 0) return []
    return this.ask(question, async (swarm, call) => swarm.listTasks(serviceIds, call))
  }

  async #look(signal: AbortSignal): Promise<SwarmView> {
    for (let attempt = 1; ; attempt += 1) {
      const services = await this.ask({ what: 'list services', signal }, async (swarm, call) =>
        swarm.listServices(labels.group, call),
      )
      const ids = services.map(({ ID }) => ID)
      try {
        const tasks = await this.tasksOf(ids, { what: 'list tasks', signal })
        return { services, tasks: groupBy(tasks, ({ ServiceID }) => ServiceID) }
      } catch (error) {
        // Of many services one that was removed in between makes the answer a 404 for all.
        if (attempt >= lookAttempts || !isNotFound(error)) throw error
      }
    }
  }

  async #nodes(signal: AbortSignal): Promise<ReadonlyMap<string, SwarmNode>> {
    const nodes = await this.ask({ what: 'list nodes', signal }, async (swarm, call) => swarm.listNodes(call))
    return new Map(nodes.map((node) => [node.ID, node]))
  }
}
