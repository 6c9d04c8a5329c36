import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock, type Backend, type CallOptions, type Clock } from '@flotilla/core'
import { FakeClock, type BackendCall, type BackendKit, type BackendUnderTest } from '@flotilla/core/testing'
import { openDocker, Engine, type GivenEngine } from '@flotilla/docker-engine'
import { SwarmBackend } from '../src/backend.js'
import { SwarmManager } from '../src/manager/manager.js'
import type { SwarmServiceOptions } from '../src/options.js'
import { readSwarmOptions } from '../src/options/settings.js'
import { parseSeatId } from '../src/to-instance.js'
import type { SwarmApi } from '../src/manager/swarm-api.js'
import type { CallFault } from '../../docker-engine/test/fakes/fake-calls.js'
import { FakeDocker } from '../../docker-engine/test/fakes/fake-docker.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'
import { FakeSwarm } from './fake-swarm.js'

export const swarmTemplate: SwarmServiceOptions = {
  image: 'web:1',
  port: 8080,
  network: 'net',
  graceMs: 1000,
}

/** Two nodes in memory. */
export interface FakeNodes {
  readonly swarm: FakeSwarm
  readonly engines: Readonly<Record<'alpha' | 'beta', FakeDocker>>
}

export function fakeNodes(pause?: () => Promise<void>, clock?: Clock): FakeNodes {
  const engines = { alpha: new FakeDocker({ clock, pause }), beta: new FakeDocker({ clock, pause }) }
  return { engines, swarm: new FakeSwarm({ nodes: engines, clock, pause }) }
}

export interface FakeSwarmBackendOptions {
  readonly options?: Partial<SwarmServiceOptions> | undefined
  readonly clock?: Clock | undefined
  readonly timeoutMs?: number | undefined
  readonly listMaxAgeMs?: number | undefined
  /** Whether the backend knows the engines of the nodes. */
  readonly withNodes?: boolean | undefined
}

export function fakeSwarmBackend(
  { swarm, engines }: FakeNodes,
  {
    options = {},
    clock = systemClock,
    timeoutMs = 30_000,
    listMaxAgeMs = 500,
    withNodes = true,
  }: FakeSwarmBackendOptions = {},
): SwarmBackend {
  const given = (api: FakeDocker): GivenEngine => {
    const connection = { kind: 'tcp', host: 'box', port: 2375, tls: undefined } as const
    const found = { connection, target: 'tcp://box:2375', scope: 'tcp://box:2375' }
    const { docker } = openDocker(connection)
    const parts = { found, docker, api, clock, timeoutMs, listMaxAgeMs }
    return { engine: new Engine(parts), isShared: false }
  }
  const nodes = withNodes ? Object.entries(engines).map(([host, api]) => [host, given(api)] as const) : []
  const settings = readSwarmOptions({ ...swarmTemplate, ...options })
  const engine = given(engines.alpha)
  const manager = new SwarmManager(engine.engine, swarm)
  return new SwarmBackend(settings, { engine, manager, nodes: new Map(nodes) })
}

const calls: Record<BackendCall, readonly (keyof SwarmApi)[]> = {
  list: ['listServices'],
  launch: ['createService', 'updateService'],
  terminate: ['updateService'],
  // The first question of `usage`.
  usage: ['listServices'],
}

/** The contract suite's kit on a swarm in memory. */
export function fakeSwarmKit(withNodes: boolean): BackendKit {
  return {
    async make() {
      const nodes = fakeNodes(nextTurn)
      const open = (): Backend =>
        fakeSwarmBackend(nodes, { timeoutMs: 250, listMaxAgeMs: 0, withNodes, options: { restart: 'none' } })
      return { backend: open(), reopen: async () => open(), ...abilities(nodes) }
    },
  }
}

function abilities({ swarm, engines }: FakeNodes): Omit<BackendUnderTest, 'backend' | 'reopen'> {
  const signal = new AbortController().signal
  const taskOf = (
    id: string,
  ): { readonly host: 'alpha' | 'beta'; readonly containerId: string } | undefined => {
    const parts = parseSeatId(id)
    const tasks = [...swarm.services.values()].some(({ Spec }) => Spec.Name === parts?.group)
      ? swarm.tasksOf(parts?.group ?? '')
      : []
    // In these cases a group has one machine.
    const [task] = tasks
    if (task?.containerId === undefined) return undefined
    return { host: task.host as 'alpha' | 'beta', containerId: task.containerId }
  }
  const arm = (call: BackendCall, fault: CallFault): void => {
    for (const one of calls[call]) swarm.calls.arm(one, fault)
  }
  return {
    makeForeign: async () => {
      const spec = { Name: 'somebody', Labels: {}, Mode: { Replicated: { Replicas: 1 } } }
      await swarm.createService({ spec }, { signal })
      await swarm.listTasks([], { signal })
      await swarm.listTasks([], { signal })
      return 'somebody.x'
    },
    isRunning: async (id) => {
      await swarm.listTasks([], { signal })
      const task = taskOf(id)
      return task !== undefined && (engines[task.host].containers.get(task.containerId)?.isRunning ?? false)
    },
    crash: async (id) => {
      const task = taskOf(id)
      if (task === undefined) throw new Error(`${id} has no container`)
      engines[task.host].crash(task.containerId, 1)
    },
    leftovers: async () =>
      [...swarm.services.values()].map(({ Spec }) => Spec.Name).filter((name) => name !== 'somebody'),
    setUsage: async (id, { cpuRatio, memoryBytes }) => {
      const task = taskOf(id)
      if (task === undefined) throw new Error(`${id} has no container`)
      // The fake's containers have no limit of their own, on a host of two cores.
      engines[task.host].get(task.containerId).setUse({ cores: cpuRatio * 2, memoryBytes })
    },
    failHalfWay: () => arm('launch', { kind: 'fail', error: dockerError(500, 'network nosuch not found') }),
    loseReply: () => arm('launch', { kind: 'hang-after' }),
    failNext: (call) => arm(call, { kind: 'fail', error: dockerError(500, 'layer does not exist') }),
    hangNext: (call) => arm(call, { kind: 'hang' }),
    cleanup: async () => swarm.services.clear(),
  }
}

/** Never aborts. */
export const call: CallOptions = { signal: new AbortController().signal }

export interface SwarmBench {
  readonly nodes: FakeNodes
  readonly swarm: FakeSwarm
  readonly clock: FakeClock
  readonly backend: SwarmBackend
  /** Another backend on the same swarm: a restarted controller's, or one with other options. */
  readonly open: (options?: Partial<SwarmServiceOptions>) => SwarmBackend
  /** Looks until Swarm has carried out what it was asked for: it does one step for each look. */
  readonly settle: (of: Backend, group?: string) => Promise<void>
}

/** A backend on a swarm in memory, in fake time. */
export function swarmBench(options: Partial<SwarmServiceOptions> = {}): SwarmBench {
  const clock = new FakeClock()
  const nodes = fakeNodes(undefined, clock)
  const open = (other: Partial<SwarmServiceOptions> = options): SwarmBackend =>
    fakeSwarmBackend(nodes, { clock, options: other, withNodes: false, listMaxAgeMs: 0, timeoutMs: 1000 })
  const settle = async (of: Backend, group = 'web'): Promise<void> => {
    for (let look = 0; look < 4; look += 1) {
      await of.list(group, call)
      await clock.advance(1)
    }
  }
  return { nodes, swarm: nodes.swarm, clock, backend: open(), open, settle }
}

/** The same, with an instance for each token. */
export async function runningSwarm(
  tokens: readonly string[],
  options: Partial<SwarmServiceOptions> = {},
): Promise<SwarmBench> {
  const bench = swarmBench(options)
  const { clock, backend, settle } = bench
  for (const token of tokens) await clock.runUntil(backend.launch({ group: 'web', token }, call))
  await settle(backend)
  return bench
}
