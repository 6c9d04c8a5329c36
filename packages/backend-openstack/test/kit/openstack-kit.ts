import { randomUUID } from 'node:crypto'
import { systemClock, type Backend, type Clock } from '@flotilla/core'
import type { BackendCall, BackendKit, BackendUnderTest } from '@flotilla/core/testing'
import { OpenStackBackend } from '../../src/backend.js'
import type { OpenStackCloudOptions } from '../../src/connection/cloud-options.js'
import { openConnection, type Connection } from '../../src/connection/connection.js'
import type { OpenStackOptions } from '../../src/options/options.js'
import { readOptions } from '../../src/options/settings.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { novaFault } from '../fake-cloud/fake-http.js'

export const template: OpenStackOptions = {
  image: 'web',
  flavor: 'm1.tiny',
  networks: ['net'],
  port: 8080,
}

export interface Opened {
  readonly options?: Partial<OpenStackOptions>
  readonly cloud?: OpenStackCloudOptions
  readonly clock?: Clock
}

export function fakeConnection(
  fake: FakeCloud,
  { cloud = {}, clock = systemClock }: Opened = {},
): Connection {
  const auth = {
    authUrl: `${fake.http.url}/identity/v3`,
    username: 'autoscaler',
    password: 'pw',
    projectName: 'lab',
  }
  const retries = { count: 2, delayMs: 1, maxDelayMs: 5 }
  const options = { auth, environment: {}, useProxy: false, timeoutMs: 5000, retries, ...cloud }
  return openConnection(options, clock)
}

/** A backend on a fake cloud. */
export function fakeBackend(fake: FakeCloud, opened: Opened = {}): OpenStackBackend {
  const settings = readOptions({ ...template, lookTimeoutMs: 200, ...opened.options })
  return new OpenStackBackend(settings, { connection: fakeConnection(fake, opened), isShared: false })
}

/** The contract suite's kit on a fake cloud: with a port and a floating address of our making. */
export const fakeOpenStackKit: BackendKit = {
  async make() {
    const fake = await FakeCloud.open()
    const options = { floatingIpFrom: 'public', usage: 'diagnostics', lookTimeoutMs: 0 } as const
    // Long against an answer of the fake, short against the suite's own bounds.
    const cloud = { timeoutMs: 2000, retries: { count: 0 } }
    const open = (): Backend => fakeBackend(fake, { options, cloud })
    return { backend: open(), reopen: async () => open(), ...abilities(fake) }
  },
}

const calls: Record<BackendCall, string> = {
  list: 'listServers',
  launch: 'createServer',
  terminate: 'deleteServer',
  usage: 'diagnostics',
}

function abilities(fake: FakeCloud): Omit<BackendUnderTest, 'backend' | 'reopen'> {
  const { http } = fake
  return {
    makeForeign: async () => addForeign(fake),
    isRunning: async (id) =>
      fake.servers.get(id)?.status === 'ACTIVE' && fake.servers.get(id)?.deletedMs === undefined,
    crash: async (id) => {
      const server = fake.servers.get(id)
      if (server !== undefined) server.status = 'SHUTOFF'
    },
    leftovers: async () => [
      ...[...fake.servers.values()]
        .filter(({ name, deletedMs }) => name !== 'somebody' && deletedMs === undefined)
        .map(({ name }) => `server ${name}`),
      ...[...fake.ports.values()].map(({ name }) => `port ${name}`),
      ...[...fake.floatingIps.values()].map(({ description }) => `floating address ${description}`),
    ],
    setUsage: async (id, { cpuRatio, memoryBytes }) => {
      const server = fake.servers.get(id)
      if (server !== undefined) server.use = { cores: 2 * cpuRatio, memoryBytes, sinceMs: performance.now() }
    },
    failHalfWay: () =>
      http.arm('createServer', {
        kind: 'answer',
        answer: novaFault(400, 'Invalid image metadata', 'badRequest'),
      }),
    // The looks for what came of it fail too: else the launch would find its server and resolve.
    loseReply: () => {
      http.arm('createServer', { kind: 'cut-after' })
      loseLooks(fake)
    },
    failNext: (call) =>
      http.arm(calls[call], {
        kind: 'answer',
        answer: novaFault(500, 'Unexpected API Error.', 'computeFault'),
      }),
    hangNext: (call) => http.arm(calls[call], { kind: 'hang' }),
    refuseTerminate: (id) => {
      const server = fake.servers.get(id)
      if (server !== undefined) server.isLocked = true
    },
    cleanup: async () => fake.http.close(),
  }
}

export function addForeign(
  fake: FakeCloud,
  metadata: Record<string, string> = {},
  tags: readonly string[] = ['flotilla'],
): string {
  const id = randomUUID()
  fake.servers.set(id, {
    id,
    name: 'somebody',
    createdMs: fake.now(),
    updatedMs: fake.now(),
    body: {},
    hints: {},
    metadata,
    tags,
    zone: 'nova',
    status: 'ACTIVE',
    fault: undefined,
    isLocked: false,
    deletedMs: undefined,
    use: { cores: 0, memoryBytes: 0, sinceMs: 0 },
  })
  return id
}

/** The list that the launch looks with before it creates is answered, the one after is not. */
function loseLooks(fake: FakeCloud): void {
  const { http } = fake
  const guard = http.guard
  const created = http.count('createServer')
  http.guard = (request) => {
    if (request.path.endsWith('/servers/detail') && http.count('createServer') > created) {
      http.guard = guard
      return novaFault(503, 'no look', 'serviceUnavailable')
    }
    return guard(request)
  }
}
