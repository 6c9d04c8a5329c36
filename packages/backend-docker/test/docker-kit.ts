import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Backend, Clock } from '@flotilla/core'
import type { BackendCall, BackendKit, BackendUnderTest } from '@flotilla/core/testing'
import { DockerBackend } from '../src/backend.js'
import type { DockerOptions } from '../src/options.js'
import { readOptions } from '../src/options/settings.js'
import { fakeEngine, frame } from '../../docker-engine/test/fakes/fake-engine.js'
import { FakeDocker, type DockerCall } from '../../docker-engine/test/fakes/fake-docker.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'

export const template: DockerOptions = { image: 'web:1', port: 8080, network: 'net', cpus: 0.5 }

/** A backend on a fake daemon. */
export function fakeDockerBackend(
  fake: FakeDocker,
  { options = {}, ...engine }: { options?: Partial<DockerOptions>; clock?: Clock; timeoutMs?: number } = {},
): DockerBackend {
  const settings = readOptions({ ...template, usage: 'stats', graceMs: 1000, ...options })
  return new DockerBackend(settings, { engine: fakeEngine(fake, engine), isShared: false })
}

/** The contract suite's kit on a fake daemon. */
export const fakeDockerKit: BackendKit = {
  async make() {
    const fake = new FakeDocker({ pause: nextTurn })
    // Long against a turn of the event loop, short against the suite's own bounds.
    const open = (): Backend => fakeDockerBackend(fake, { timeoutMs: 250 })
    return { backend: open(), reopen: async () => open(), ...abilities(fake) }
  },
}

const calls: Record<BackendCall, DockerCall> = {
  list: 'listContainers',
  launch: 'createContainer',
  terminate: 'stopContainer',
  usage: 'containerStats',
}

function abilities(fake: FakeDocker): Omit<BackendUnderTest, 'backend' | 'reopen'> {
  return {
    makeForeign: async () => fake.addForeign('somebody'),
    isRunning: async (id) => fake.containers.get(id)?.isRunning ?? false,
    crash: async (id) => fake.crash(id, 1),
    writeOutput: async (id, text) => {
      const container = fake.get(id)
      container.log = Buffer.concat([container.log, frame(1, text)])
    },
    impair: async (id) => {
      fake.get(id).health = { Status: 'unhealthy', Log: [{ ExitCode: 1, Output: 'no answer' }] }
    },
    heal: async (id) => {
      fake.get(id).health = { Status: 'healthy' }
    },
    leftovers: async () =>
      [...fake.containers.values()].filter(({ name }) => name !== 'somebody').map(({ name }) => name),
    setUsage: async (id, { cpuRatio, memoryBytes }) =>
      fake.get(id).setUse({ cores: cpuRatio * (template.cpus ?? 1), memoryBytes }),
    failHalfWay: () =>
      fake.arm('startContainer', { kind: 'fail', error: dockerError(500, 'could not find bridge docker0') }),
    loseReply: () => fake.arm('startContainer', { kind: 'hang-after' }),
    failNext: (call) =>
      fake.arm(calls[call], { kind: 'fail', error: dockerError(500, 'layer does not exist') }),
    hangNext: (call) => fake.arm(calls[call], { kind: 'hang' }),
    refuseTerminate: (id) => void fake.stubborn.add(id),
    cleanup: async () => fake.containers.clear(),
  }
}
