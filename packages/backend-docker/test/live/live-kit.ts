import type { Backend } from '@flotilla/core'
import type { BackendCall, BackendKit, BackendUnderTest } from '@flotilla/core/testing'
import { docker } from '../../src/backend.js'
import type { DockerOptions } from '../../src/options.js'
import { FaultyProxy, type ProxyFault } from '../../../docker-engine/test/live/faulty-proxy.js'
import { ask, uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { network, socketPath, workerImage } from '../../../docker-engine/test/live/lab.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'

/** A backend on the lab's engine, in a scope of its own. */
export function liveDocker(scope: string, options: Partial<DockerOptions> = {}): Backend {
  return docker({
    image: workerImage,
    port: 8080,
    network,
    cpus: 1,
    graceMs: 2000,
    scope,
    pull: 'never',
    engine: { host: `unix://${socketPath()}`, timeoutMs: 20_000 },
    ...options,
  })
}

/** A group of this scope only: names of containers are told from groups, and not from scopes. */
export const groupOf = (scope: string): string => `g-${scope}`

/** Removes whatever carries a scope, round the backend. */
export async function removeScope(scope: string, socket: string = socketPath()): Promise<void> {
  const engine = new RawEngine(socket)
  for (const { Id } of await engine.ofScope(scope)) await engine.remove(Id)
}

/**
 * The contract suite's kit on an engine of the lab, with faults on the way there.
 *
 * @param cannot - what this engine does not let anybody do
 */
export function liveKit(
  options: Partial<DockerOptions> = {},
  socket: () => string = socketPath,
  cannot: readonly (keyof BackendUnderTest)[] = [],
): BackendKit {
  return {
    timeoutMs: 60_000,
    abortMs: 10_000,
    eventuallyMs: 60_000,
    async make() {
      const scope = uniqueScope()
      const proxy = await FaultyProxy.open(socket())
      const engine = new RawEngine(socket())
      const open = (): Backend =>
        liveDocker(scope, {
          // Short enough for the cases in which no answer comes.
          engine: { host: `unix://${proxy.socketPath}`, timeoutMs: 8000 },
          ...options,
        })
      const backend = open()
      const all = { reopen: async () => open(), ...abilities({ scope, proxy, engine }) }
      const missing = Object.fromEntries(cannot.map((ability) => [ability, undefined]))
      return { backend, ...all, ...missing }
    },
  }
}

interface Surroundings {
  readonly scope: string
  readonly proxy: FaultyProxy
  readonly engine: RawEngine
}

const requests: Record<BackendCall, readonly [method: string, path: RegExp]> = {
  list: ['GET', /^\/containers\/json/],
  launch: ['POST', /^\/containers\/create/],
  terminate: ['POST', /^\/containers\/\w+\/stop/],
  // The first question of `usage` about a container.
  usage: ['GET', /^\/containers\/\w+\/json/],
}

function abilities({ scope, proxy, engine }: Surroundings): Omit<BackendUnderTest, 'backend' | 'reopen'> {
  const foreign: string[] = []
  const arm = (call: BackendCall, fault: ProxyFault): void => proxy.arm(...requests[call], fault)
  return {
    makeForeign: async () => {
      const id = await engine.run(`foreign-${scope}`, { Image: workerImage, HostConfig: { Init: true } })
      foreign.push(id)
      return id
    },
    isRunning: async (id) => (await engine.inspect(id))?.State.Running ?? false,
    crash: async (id) => engine.kill(id),
    writeOutput: async (id, text) => engine.write(id, text),
    impair: async (id) => void (await engine.must('POST', `/containers/${id}/pause`)),
    heal: async (id) => void (await engine.must('POST', `/containers/${id}/unpause`)),
    leftovers: async () => (await engine.ofScope(scope)).map(({ Names, State }) => `${Names[0]} ${State}`),
    setUsage: async (id, { cpuRatio, memoryBytes }) => {
      const { IPAddress } = (
        (await engine.must('GET', `/containers/${id}/json`)) as {
          NetworkSettings: { Networks: Record<string, { IPAddress: string }> }
        }
      ).NetworkSettings.Networks[network] as { IPAddress: string }
      await ask(`http://${IPAddress}:8080/use?cores=${cpuRatio}&bytes=${memoryBytes}`)
    },
    failHalfWay: () =>
      proxy.arm('POST', /^\/containers\/\w+\/start/, { kind: 'fail', message: 'could not find bridge' }),
    loseReply: () => {
      // As long as it takes until the launch gives up.
      proxy.arm('POST', /^\/containers\/\w+\/start/, { kind: 'lose-reply' })
      for (let tries = 0; tries < 6; tries += 1)
        proxy.arm('POST', /^\/containers\/create/, { kind: 'lose-reply' })
    },
    failNext: (call) => arm(call, { kind: 'fail', message: 'layer does not exist' }),
    hangNext: (call) => arm(call, { kind: 'hang' }),
    refuseTerminate: (id) =>
      proxy.arm('POST', new RegExp(`^/containers/${id}/stop`), {
        kind: 'fail',
        message: 'did not receive an exit event',
      }),
    cleanup: async () => {
      await removeScope(scope, engine.socketPath)
      for (const id of foreign) await engine.remove(id)
      await proxy.close()
    },
  }
}
