import { systemClock, type CallOptions, type Clock } from '@flotilla/core'
import type {
  CreateRequest,
  Service,
  ServiceSpec,
  SwarmApi,
  SwarmNode,
  Task,
  UpdateRequest,
} from '../src/manager/swarm-api.js'
import { readReplicas } from '../src/labels.js'
import { FakeCalls } from '../../docker-engine/test/fakes/fake-calls.js'
import type { FakeDocker } from '../../docker-engine/test/fakes/fake-docker.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'

type SwarmCall = keyof SwarmApi

/** One task, with what the manager knows of it. */
interface FakeTask {
  readonly id: string
  readonly serviceId: string
  readonly slot: number
  readonly host: string
  readonly createdAt: string
  readonly containerSpec: object
  containerId: string | undefined
  state: string
  desired: string
  error: string | undefined
  looksAsEnded: number
}

export interface FakeSwarmOptions {
  /** The engine of each node, by host name. */
  readonly nodes: Readonly<Record<string, FakeDocker>>
  readonly clock?: Clock | undefined
  readonly pause?: (() => Promise<void>) | undefined
}

/**
 * The manager of a swarm in memory. What was asked for is carried out after the call that asked, a step each time
 * somebody looks at the tasks; of those that run, it gives up the lowest first, so that who counts on an order is wrong.
 */
export class FakeSwarm implements SwarmApi {
  readonly calls: FakeCalls<SwarmCall>
  readonly services = new Map<string, Service>()
  /** Host names of nodes that are down: nothing is heard of what is on them. */
  readonly down = new Set<string>()
  /** How many looks later than it has ended a task is forgotten. */
  forgetsAfterLooks = 0
  /** Services that were removed while one of their tasks was about to be forgotten, at which a manager may crash. */
  readonly removedTooSoon: string[] = []
  /** By id: what a rollback goes to. */
  readonly #previous = new Map<string, ServiceSpec>()
  readonly #tasks: FakeTask[] = []
  readonly #nodes: Readonly<Record<string, FakeDocker>>
  readonly #clock: Clock
  #serial = 0

  constructor({ nodes, clock = systemClock, pause = async () => {} }: FakeSwarmOptions) {
    this.#nodes = nodes
    this.#clock = clock
    this.calls = new FakeCalls(pause)
  }

  byName(name: string): Service {
    const found = [...this.services.values()].find(({ Spec }) => Spec.Name === name)
    if (found === undefined) throw new Error(`the fake has no service ${name}`)
    return found
  }

  /** Somebody else changes a service. */
  change(name: string, change: (spec: ServiceSpec) => ServiceSpec): void {
    const found = this.byName(name)
    this.#store({ ...found, Spec: change(found.Spec) })
  }

  /** A rollout or a rollback is under way, or over. */
  setUpdateStatus(name: string, UpdateStatus: Service['UpdateStatus']): void {
    this.#store({ ...this.byName(name), UpdateStatus })
  }

  /** Takes the last update back, as Swarm does with one that fails: labels and size too. */
  rollBack(name: string, Message: string): void {
    const found = this.byName(name)
    const Spec = this.#previous.get(found.ID)
    if (Spec === undefined) throw new Error(`${name} has nothing to be rolled back to`)
    this.#previous.delete(found.ID)
    this.#store({ ...found, Spec, UpdateStatus: { State: 'rollback_completed', Message } })
  }

  tasksOf(name: string): readonly FakeTask[] {
    const { ID } = this.byName(name)
    return this.#tasks.filter(({ serviceId }) => serviceId === ID)
  }

  async listServices(label: string, call: CallOptions): Promise<readonly Service[]> {
    return this.calls.do('listServices', call, () =>
      [...this.services.values()].filter(({ Spec }) => label in (Spec.Labels ?? {})),
    )
  }

  async inspectService(idOrName: string, call: CallOptions): Promise<Service> {
    return this.calls.do('inspectService', call, () => this.#find(idOrName))
  }

  async createService({ spec }: CreateRequest, call: CallOptions): Promise<string> {
    return this.calls.do('createService', call, () => {
      if ([...this.services.values()].some(({ Spec }) => Spec.Name === spec.Name)) {
        const message = `rpc error: code = AlreadyExists desc = name conflicts with an existing object: service ${spec.Name} already exists`
        throw dockerError(409, message)
      }
      this.#serial += 1
      const CreatedAt = new Date(this.#clock.now()).toISOString()
      const service = { ID: `service${this.#serial}`, Version: { Index: 0 }, CreatedAt, Spec: spec }
      this.#store(service)
      return service.ID
    })
  }

  async updateService({ id, version, spec }: UpdateRequest, call: CallOptions): Promise<void> {
    return this.calls.do('updateService', call, () => {
      const found = this.#find(id)
      if (found.Version.Index !== version) {
        throw dockerError(500, 'rpc error: code = Unknown desc = update out of sequence', 'server error')
      }
      this.#previous.set(id, found.Spec)
      const { UpdateStatus: _, ...rest } = found
      this.#store({ ...rest, Spec: spec })
    })
  }

  async removeService(id: string, call: CallOptions): Promise<void> {
    return this.calls.do('removeService', call, () => {
      const { ID, Spec } = this.#find(id)
      if (this.#tasks.some(({ serviceId, state }) => serviceId === ID && state === 'shutdown'))
        this.removedTooSoon.push(Spec.Name)
      this.services.delete(ID)
      for (const task of this.#tasks.filter(({ serviceId }) => serviceId === ID)) this.#forget(task)
    })
  }

  async listTasks(serviceIds: readonly string[], call: CallOptions): Promise<readonly Task[]> {
    return this.calls.do('listTasks', call, () => {
      const gone = serviceIds.find((id) => !this.services.has(id))
      if (gone !== undefined) throw dockerError(404, `service ${gone} not found`)
      this.#goOn()
      return this.#tasks
        .filter(({ serviceId }) => serviceIds.includes(serviceId))
        .map((task) => this.#show(task))
    })
  }

  async listNodes(call: CallOptions): Promise<readonly SwarmNode[]> {
    return this.calls.do('listNodes', call, () =>
      Object.keys(this.#nodes).map((host, index) => ({
        ID: `node-${host}`,
        Description: { Hostname: host },
        Status: {
          State: this.down.has(host) ? 'down' : 'ready',
          Addr: index === 0 ? '0.0.0.0' : `10.77.0.${index + 1}`,
        },
        ...(index === 0 ? { ManagerStatus: { Addr: '10.77.0.1:2377' } } : {}),
      })),
    )
  }

  async taskLogs(id: string, lines: number, call: CallOptions): Promise<Buffer> {
    return this.calls.do('taskLogs', call, () => Buffer.from(`the last ${lines} lines of ${id}\n`))
  }

  #find(idOrName: string): Service {
    const all = [...this.services.values()]
    const found =
      this.services.get(idOrName) ??
      all.find(({ Spec }) => Spec.Name === idOrName) ??
      all.find(({ ID }) => ID.startsWith(idOrName))
    if (found === undefined) throw dockerError(404, `service ${idOrName} not found`, 'no such service')
    return found
  }

  #store(service: Service): void {
    this.services.set(service.ID, { ...service, Version: { Index: service.Version.Index + 1 } })
  }

  /** Brings each service nearer to what it should be. */
  #goOn(): void {
    for (const task of this.#tasks.slice()) this.#goOnWith(task)
    for (const service of this.services.values()) this.#scale(service)
  }

  #goOnWith(task: FakeTask): void {
    const engine = this.#nodes[task.host]
    const container = task.containerId === undefined ? undefined : engine?.containers.get(task.containerId)
    if (this.down.has(task.host)) return
    if (task.desired === 'remove') {
      task.state = 'shutdown'
      if (task.looksAsEnded >= this.forgetsAfterLooks) this.#forget(task)
      task.looksAsEnded += 1
    } else if (task.state === 'preparing') {
      task.containerId = engine?.addForeign(`${task.serviceId}.${task.slot}.${task.id}`)
      task.state = 'running'
    } else if (task.state === 'running' && container?.isRunning !== true) {
      Object.assign(task, { state: 'failed', desired: 'shutdown', error: 'task: non-zero exit (1)' })
      const service = this.services.get(task.serviceId)
      if (service !== undefined && !staysEnded(service)) this.#add(service, task.slot)
    }
  }

  #forget(task: FakeTask): void {
    if (task.containerId !== undefined) this.#nodes[task.host]?.containers.delete(task.containerId)
    this.#tasks.splice(this.#tasks.indexOf(task), 1)
  }

  #scale(service: Service): void {
    const { ID, Spec } = service
    const replicas = readReplicas(Spec)
    const places = this.#tasks.filter(
      ({ serviceId, desired }) =>
        serviceId === ID && (desired === 'running' || (desired === 'shutdown' && staysEnded(service))),
    )
    const ended = places.filter(({ state }) => state === 'failed')
    const living = places.filter(({ state }) => state !== 'failed').toSorted((a, b) => a.slot - b.slot)
    for (const task of [...ended, ...living].slice(0, Math.max(0, places.length - replicas)))
      task.desired = 'remove'
    const taken = new Set(places.map(({ slot }) => slot))
    for (let slot = 1, count = places.length; count < replicas; slot += 1) {
      if (taken.has(slot)) continue
      this.#add(service, slot)
      count += 1
    }
  }

  #add({ ID: serviceId, Spec: { TaskTemplate } }: Service, slot: number): void {
    this.#serial += 1
    const hosts = Object.keys(this.#nodes)
    this.#tasks.push({
      id: `task${this.#serial}`,
      serviceId,
      slot,
      host: hosts[this.#serial % hosts.length] ?? '',
      // One after another, though the clock stands still.
      createdAt: new Date(this.#clock.now() + this.#serial).toISOString(),
      containerSpec: TaskTemplate?.['ContainerSpec'] ?? {},
      containerId: undefined,
      state: 'preparing',
      desired: 'running',
      error: undefined,
      looksAsEnded: 0,
    })
  }

  #show({
    id,
    serviceId,
    slot,
    host,
    createdAt,
    containerSpec,
    containerId,
    state,
    desired,
    error,
  }: FakeTask): Task {
    const Ports = [{ Protocol: 'tcp', TargetPort: 8080, PublishedPort: 30_000 + slot, PublishMode: 'host' }]
    return {
      ID: id,
      CreatedAt: createdAt,
      ServiceID: serviceId,
      Slot: slot,
      NodeID: `node-${host}`,
      DesiredState: desired,
      Status: {
        State: state,
        ...(error === undefined ? {} : { Err: error }),
        ...(containerId === undefined ? {} : { ContainerStatus: { ContainerID: containerId, ExitCode: 0 } }),
        PortStatus: state === 'running' ? { Ports } : {},
      },
      Spec: { ContainerSpec: containerSpec },
      NetworksAttachments: [{ Network: { Spec: { Name: 'net' } }, Addresses: [`10.0.1.${slot + 2}/24`] }],
    }
  }
}

function staysEnded({ Spec }: Service): boolean {
  const { Condition = 'any' } = (Spec.TaskTemplate?.['RestartPolicy'] ?? {}) as { Condition?: string }
  return Condition === 'none'
}
