import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend } from '@flotilla/core'
import type { BackendCall, BackendKit, BackendUnderTest } from '@flotilla/core/testing'
import { labels } from '@flotilla/docker-engine'
import { swarmService } from '../../src/backend.js'
import type { SwarmServiceOptions } from '../../src/options.js'
import { parseSeatId } from '../../src/to-instance.js'
import { serviceLabels } from '../../src/labels.js'
import type { Service, SwarmNode, Task } from '../../src/manager/swarm-api.js'
import { FaultyProxy, type ProxyFault } from '../../../docker-engine/test/live/faulty-proxy.js'
import { swarmNodes, workerImage } from '../../../docker-engine/test/live/lab.js'
import { ask, uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'

const nodesOfLab = swarmNodes()
const managerSocket = nodesOfLab[0]?.socket ?? ''

/** Host names, the manager's first. */
export const hosts: readonly string[] = nodesOfLab.map(({ host }) => host)

interface Versioned {
  readonly Version: { readonly Index: number }
  readonly Spec: Readonly<Record<string, unknown>>
}

interface RoleOfNode extends Versioned {
  readonly Spec: Readonly<Record<string, unknown>> & { readonly Role: string }
  readonly ManagerStatus?: { readonly Reachability: string }
}

/** The swarm as a test sees it, round the backend. */
export class RawSwarm {
  readonly manager = new RawEngine(managerSocket)
  readonly #nodes = new Map(nodesOfLab.map(({ host, socket }) => [host, new RawEngine(socket)]))

  async services(scope: string): Promise<readonly Service[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: [`${labels.scope}=${scope}`] }))
    return (await this.manager.must('GET', `/services?filters=${filters}`)) as readonly Service[]
  }

  async tasks(service: string): Promise<readonly Task[]> {
    const filters = encodeURIComponent(JSON.stringify({ service: [service] }))
    const { status, text } = await this.manager.call('GET', `/tasks?filters=${filters}`)
    return status === 200 ? (JSON.parse(text) as readonly Task[]) : []
  }

  async runningTasks(service: string): Promise<readonly Task[]> {
    return (await this.tasks(service)).filter(({ Status }) => Status.State === 'running')
  }

  /** Waits until every node takes tasks: one whose manager was started again joins it some seconds later. */
  async untilReady(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const { status, text } = await this.manager.call('GET', '/nodes')
      const nodes = status === 200 ? (JSON.parse(text) as readonly { Status: { State: string } }[]) : []
      if (nodes.filter(({ Status }) => Status.State === 'ready').length === hosts.length) return
      if (tries > 300) throw new Error(`the nodes of the swarm are not ready: ${text}`)
      await sleep(100)
    }
  }

  /** The engine of a task's node. */
  async engineOf(task: Task): Promise<RawEngine> {
    const node = (await this.manager.must('GET', `/nodes/${task.NodeID}`)) as SwarmNode
    const engine = this.#nodes.get(node.Description.Hostname)
    if (engine === undefined) throw new Error(`no engine of ${node.Description.Hostname}`)
    return engine
  }

  async kill(task: Task): Promise<void> {
    await (await this.engineOf(task)).kill(task.Status.ContainerStatus?.ContainerID ?? '')
  }

  /** Containers of a service that run, as each node says. */
  async containersOf(service: string): Promise<readonly string[]> {
    const label = `com.docker.swarm.service.name=${service}`
    const found = await Promise.all([...this.#nodes.values()].map(async (node) => node.containers(label)))
    return found.flat().flatMap(({ Id, State }) => (State === 'running' ? [Id] : []))
  }

  /** A node counts as down when three of its beats are missing. */
  async setHeartbeat(periodMs: number): Promise<void> {
    const { Version, Spec } = (await this.manager.must('GET', '/swarm')) as Versioned
    const spec = { ...Spec, Dispatcher: { HeartbeatPeriod: periodMs * 1e6 } }
    await this.manager.must('POST', `/swarm/update?version=${Version.Index}`, spec)
  }

  /** Waits until it is so: managers that have just found each other again have no leader for some seconds. */
  async setRole(host: string, role: 'manager' | 'worker'): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const { status, text } = await this.manager.call('GET', `/nodes/${host}`)
      const node = status === 200 ? (JSON.parse(text) as RoleOfNode) : undefined
      const isReached = (node?.ManagerStatus?.Reachability === 'reachable') === (role === 'manager')
      if (node?.Spec.Role === role && isReached) return
      if (tries > 300) throw new Error(`${host} is no ${role}: ${text}`)
      if (node !== undefined && node.Spec.Role !== role) {
        const spec = { ...node.Spec, Role: role }
        await this.manager.call('POST', `/nodes/${host}/update?version=${node.Version.Index}`, spec)
      }
      await sleep(200)
    }
  }

  /** Removes the services of a scope; their containers end by themselves. */
  async remove(scope: string): Promise<readonly Service[]> {
    const services = await this.services(scope)
    for (const { ID } of services) await this.manager.call('DELETE', `/services/${ID}`)
    return services
  }

  /** Removes the services of a scope, and waits until their containers have gone. */
  async removeAndWait(scope: string): Promise<void> {
    const services = await this.remove(scope)
    for (const { ID } of services) {
      for (let tries = 0; tries < 100 && (await this.tasks(ID)).length > 0; tries += 1) await sleep(100)
    }
  }
}

/** A backend on the lab's swarm. Its kernel has no IPVS, so a service's name is answered by its tasks' addresses. */
export function liveSwarm(
  scope: string,
  options: Partial<SwarmServiceOptions> = {},
  withNodes = true,
): Backend {
  const nodes = Object.fromEntries(
    nodesOfLab.map(({ host, socket }) => [host, { host: `unix://${socket}`, timeoutMs: 20_000 }]),
  )
  return swarmService({
    image: workerImage,
    port: 8080,
    address: 'published',
    endpointMode: 'dnsrr',
    cpus: 1,
    graceMs: 2000,
    scope,
    ...(withNodes ? { nodes } : {}),
    engine: { host: `unix://${managerSocket}`, timeoutMs: 20_000 },
    ...options,
  })
}

/** The contract suite's kit on the lab's swarm. */
export function liveSwarmKit(): BackendKit {
  return {
    timeoutMs: 60_000,
    abortMs: 10_000,
    eventuallyMs: 60_000,
    async make() {
      await new RawSwarm().untilReady()
      const scope = uniqueScope()
      const proxy = await FaultyProxy.open(managerSocket)
      const engine = { host: `unix://${proxy.socketPath}`, timeoutMs: 8000, listMaxAgeMs: 0 }
      const open = (): Backend => liveSwarm(scope, { engine, restart: 'none' })
      return { backend: open(), reopen: async () => open(), ...abilities(scope, proxy) }
    },
  }
}

const requests: Record<BackendCall, readonly (readonly [method: string, path: RegExp])[]> = {
  list: [['GET', /^\/services\?/]],
  launch: [
    ['POST', /^\/services\/create/],
    ['POST', /^\/services\/\w+\/update/],
  ],
  terminate: [['POST', /^\/services\/\w+\/update/]],
  usage: [['GET', /^\/services\?/]],
}

function abilities(scope: string, proxy: FaultyProxy): Omit<BackendUnderTest, 'backend' | 'reopen'> {
  const swarm = new RawSwarm()
  const foreign = `foreign-${scope}`
  const arm = (call: BackendCall, fault: ProxyFault): void => {
    for (const [method, path] of requests[call]) proxy.arm(method, path, fault)
  }
  const onlyTask = async (id: string): Promise<Task> => {
    const [task] = await swarm.runningTasks(parseSeatId(id)?.group ?? '')
    if (task === undefined) throw new Error(`${id} has no running task`)
    return task
  }
  return {
    makeForeign: async () => {
      await swarm.manager.must('POST', '/services/create', {
        Name: foreign,
        Mode: { Replicated: { Replicas: 1 } },
        TaskTemplate: { ContainerSpec: { Image: workerImage, Init: true } },
        EndpointSpec: { Mode: 'dnsrr' },
      })
      for (let tries = 0; (await swarm.runningTasks(foreign)).length === 0; tries += 1) {
        if (tries > 200) throw new Error('the foreign service does not run')
        await sleep(100)
      }
      return `${foreign}.x`
    },
    isRunning: async (id) => {
      const { group = '', token = '' } = parseSeatId(id) ?? {}
      const running = await swarm.runningTasks(group)
      const { status, text } = await swarm.manager.call('GET', `/services/${group}`)
      if (status === 404 || running.length === 0) return false
      const { Labels = {} } = (JSON.parse(text) as Service).Spec
      const tokens = Object.keys(Labels).filter((name) => name.startsWith(serviceLabels.tokenPrefix))
      if (group !== foreign && running.length > tokens.length) return true
      return group === foreign || `${serviceLabels.tokenPrefix}${token}` in Labels
    },
    crash: async (id) => swarm.kill(await onlyTask(id)),
    writeOutput: async (id, text) => {
      const task = await onlyTask(id)
      await (await swarm.engineOf(task)).write(task.Status.ContainerStatus?.ContainerID ?? '', text)
    },
    leftovers: async () => (await swarm.services(scope)).map(({ Spec }) => Spec.Name),
    setUsage: async (id, { cpuRatio, memoryBytes }) => {
      const task = await onlyTask(id)
      const published = task.Status.PortStatus?.Ports?.[0]?.PublishedPort
      const node = (await swarm.manager.must('GET', `/nodes/${task.NodeID}`)) as SwarmNode
      const host = node.Description.Hostname === hosts[0] ? '10.77.0.1' : '10.77.0.2'
      await ask(`http://${host}:${published}/use?cores=${cpuRatio}&bytes=${memoryBytes}`)
    },
    failHalfWay: () => arm('launch', { kind: 'fail', message: 'network nosuch not found' }),
    loseReply: () => {
      proxy.arm('POST', /^\/services\/create/, { kind: 'lose-reply' }, () => {
        // As long as it takes until the launch gives up.
        for (let tries = 0; tries < 7; tries += 1) proxy.arm('GET', /^\/services\/g/, { kind: 'lose-reply' })
      })
    },
    failNext: (call) => arm(call, { kind: 'fail', message: 'layer does not exist' }),
    hangNext: (call) => arm(call, { kind: 'hang' }),
    cleanup: async () => {
      await swarm.removeAndWait(scope)
      await swarm.manager.call('DELETE', `/services/${foreign}`)
      await proxy.close()
    },
  }
}
