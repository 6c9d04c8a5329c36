import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BalancerMember, Reading } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandsVia, type Command } from '../../../src/index.js'
import { HostRig, nothing } from '../host-rig.js'
import { until } from '../real-nginx.js'
import { commandsTo, shellTo } from '../ways.js'

let rig: HostRig
let first: BalancerMember
let second: BalancerMember
const call = { signal: new AbortController().signal }

async function begin(...given: Parameters<typeof HostRig.start>): Promise<void> {
  rig = await HostRig.start(...given)
  first = await rig.traffic.startMember()
  second = await rig.traffic.startMember()
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  return (
    (await Promise.race([
      promise.then(
        () => 'over',
        () => 'over',
      ),
      sleep(600, 'pending'),
    ])) === 'pending'
  )
}

afterEach(() => rig.stop())

describe('a restart of the controller', () => {
  beforeEach(() => begin())

  it('loads nothing when what is wanted is in force, and takes up from there', async () => {
    await rig.sync(first)
    const workers = await rig.real.workerPids()
    await rig.balancer.close()
    rig.balancer = rig.newBalancer()
    expect(await rig.sync(first)).toEqual(nothing)
    expect(await rig.real.workerPids()).toEqual(workers)
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
  })

  it('waits for the drain that the controller before had begun', async () => {
    await rig.sync(first)
    const held = await rig.traffic.hold()
    const interrupted = rig.sync(second)
    await until(async () => (await rig.answerer()) === second.id)
    expect(await isPending(interrupted)).toBe(true)
    await rig.balancer.close()
    rig.balancer = rig.newBalancer()
    const again = rig.sync(second)
    expect(await isPending(again)).toBe(true)
    held.release()
    expect((await held.answer).status).toBe(200)
    expect(await again).toEqual(nothing)
  })

  it('loads what was written and not loaded, and drains what that took out', async () => {
    await rig.sync(first)
    const old = await readFile(rig.real.configFile, 'utf8')
    await rig.sync(second)
    const written = await readFile(rig.real.configFile, 'utf8')
    await rig.sync(first)
    expect(await readFile(rig.real.configFile, 'utf8')).toBe(old)
    await rig.balancer.close()
    await writeFile(rig.real.configFile, written)
    rig.balancer = rig.newBalancer()
    expect(await rig.sync(second)).toEqual(nothing)
    expect(await rig.answerer()).toBe(second.id)
  })
})

describe('many overlapping syncs', () => {
  it('make few reloads', async () => {
    await begin()
    const syncing = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? rig.sync(first) : rig.sync(second),
    )
    await Promise.all(syncing)
    expect(await rig.real.reloadCount()).toBeLessThanOrEqual(3)
    expect(await rig.answerer()).toBe(second.id)
  })
})

describe('with a server block of the user’s own', () => {
  it('only the upstream is ours, and an empty group answers 503 with Retry-After through it', async () => {
    await begin({ listen: undefined, retryAfterSeconds: 3 })
    const server = `server { listen 127.0.0.1:${rig.port}; location / { proxy_pass http://backend; } }`
    await writeFile(join(rig.real.directory, 'conf.d', 'user.conf'), server)
    expect(await rig.sync()).toEqual(nothing)
    expect(await rig.traffic.request()).toEqual({ status: 503, retryAfter: '3' })
    await rig.sync(first)
    expect(await rig.answerer()).toBe(first.id)
    expect(await rig.sync()).toEqual({ ...nothing, drained: [first.id] })
    expect(await rig.traffic.request()).toEqual({ status: 503, retryAfter: '3' })
    const posted = await fetch(`http://127.0.0.1:${rig.port}/generation`, {
      method: 'POST',
      body: 'x'.repeat(500_000),
    })
    expect([posted.status, posted.headers.get('retry-after')]).toEqual([503, '3'])
  })
})

describe('what passes through', () => {
  beforeEach(() => begin())

  it('keeps its host, and learns the client', async () => {
    const seen = new Promise<string>((resolve) => {
      const server = createServer((socket) => {
        socket.once('data', (head) => {
          resolve(String(head))
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
          server.close()
        })
      })
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo
        void rig.sync({ id: 'raw', host: '127.0.0.1', port }).then(() => rig.traffic.request())
      })
    })
    const head = await seen
    expect(head).toContain('HTTP/1.1')
    expect(head).toMatch(new RegExp(`^Host: 127\\.0\\.0\\.1:${rig.port}\\r$`, 'm'))
    expect(head).toMatch(/^X-Forwarded-For: 127\.0\.0\.1\r$/m)
    expect(head).toMatch(/^X-Forwarded-Proto: http\r$/m)
    expect(head).not.toMatch(/^Connection:/im)
  })

  it('is a WebSocket too, which holds the drain up to its bound', async () => {
    const echo = createServer((socket: Socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
        socket.on('data', (data) => socket.write(data))
      })
      socket.on('error', () => {})
    })
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
    try {
      await rig.balancer.close()
      await rig.real.stop()
      await begin({ drainTimeoutMs: 1500 }, { main: 'worker_shutdown_timeout 1500ms;' })
      const { port } = echo.address() as AddressInfo
      await rig.sync({ id: 'ws', host: '127.0.0.1', port })
      const client = connect(rig.port, '127.0.0.1')
      client.on('error', () => {})
      client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      expect(String((await once(client, 'data'))[0])).toContain('101 Switching Protocols')
      client.write('hello')
      expect(String((await once(client, 'data'))[0])).toBe('hello')
      const closed = once(client, 'close')
      expect(await rig.sync(first)).toEqual({ ...nothing, cut: ['ws'] })
      await closed
    } finally {
      echo.close()
    }
  })
})

describe('the metrics', () => {
  it('count what passes through nginx, and not what we ask ourselves', async () => {
    await begin()
    await rig.sync(first)
    const sample = async (): Promise<Readonly<Record<string, number | undefined>>> => {
      const readings = await rig.balancer.sample({ ...call, group: 'web', instances: [], now: Date.now() })
      const entry = (reading: Reading): readonly [string, number | undefined] => [
        reading.name,
        reading.kind === 'value' ? reading.value : undefined,
      ]
      return Object.fromEntries(readings.map(entry))
    }
    await sample()
    const held = await rig.traffic.hold()
    const startMs = performance.now()
    for (let sent = 0; sent < 49; sent += 1) await rig.traffic.request()
    await sleep(500)
    const busy = await sample()
    const seconds = (performance.now() - startMs) / 1000
    expect(busy['http.in_flight']).toBe(1)
    expect(busy['http.active_connections']).toBe(1)
    expect((busy['http.request_rate'] ?? 0) * seconds).toBeGreaterThan(45)
    expect((busy['http.request_rate'] ?? 0) * seconds).toBeLessThan(55)
    held.release()
    await held.answer
    await sample()
    await sleep(100)
    expect(await sample()).toEqual({
      'http.request_rate': 0,
      'http.in_flight': 0,
      'http.active_connections': 0,
    })
  })
})

describe('the access log', () => {
  it('gives latency and status of what passed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'flotilla-log-'))
    try {
      await begin({ accessLog: join(directory, 'access.log') })
      await rig.sync(first)
      const sample = (): Promise<readonly Reading[]> =>
        rig.balancer.sample({ ...call, group: 'web', instances: [], now: Date.now() })
      await sample()
      const startMs = performance.now()
      const held = await rig.traffic.hold()
      for (let sent = 0; sent < 20; sent += 1) await rig.traffic.request()
      await sleep(500)
      held.release()
      await held.answer
      // Nginx keeps lines for a second.
      await sleep(1500)
      const readings = await sample()
      const seconds = (performance.now() - startMs) / 1000
      const valueOf = (name: string): number => {
        const found = readings.find((reading) => reading.name === name)
        return found?.kind === 'value' ? found.value : Number.NaN
      }
      expect(Math.round(valueOf('http.status_2xx') * seconds)).toBe(21)
      expect(valueOf('http.status_5xx')).toBe(0)
      expect(valueOf('http.latency_p50')).toBeGreaterThan(0)
      expect(valueOf('http.latency_p95')).toBeGreaterThanOrEqual(valueOf('http.latency_p50'))
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})

describe('describeSetup', () => {
  it.each([
    [{}, 'client-retry'],
    [{ clientKeepAliveMs: 0 }, 'no-client-keepalive'],
  ] as const)('tells of a server with %j that it is %s', async (options, kind) => {
    await begin(options)
    await rig.sync(first)
    expect(await rig.balancer.describeSetup(call)).toMatchObject({
      kind,
      isStrictlyLossless: kind !== 'client-retry',
      version: '1.22.1',
      workerShutdownMs: 5000,
    })
  })
})

describe('the same Nginx through commands', () => {
  it('takes three commands for an update through a shell, and one for a check', async () => {
    await begin()
    await rig.balancer.close()
    const { configFile, mainConfigFile, directory } = rig.real
    const log = join(directory, 'commands')
    const prefix: Command = ['sh', '-c', `echo >> ${log}; exec "$@"`, 'sh']
    const commands = commandsVia(prefix, { configFile, mainConfigFile })
    rig.balancer = rig.newBalancer({ mainConfigFile: undefined, configFile: undefined, commands })
    const count = async (work: () => Promise<unknown>): Promise<number> => {
      await writeFile(log, '')
      await work()
      return (await readFile(log, 'utf8')).length
    }
    await rig.sync(first)
    // A busy machine may need a look more until its workers have changed.
    expect(await count(() => rig.sync(first, second))).toBeLessThanOrEqual(4)
    expect(await count(() => rig.sync(second))).toBeLessThanOrEqual(5)
    await rig.balancer.check(call)
    expect(await count(() => rig.balancer.check(call))).toBe(1)
  })

  it.each([
    ['a shell', shellTo],
    ['a command for each step', commandsTo],
  ] as const)('is updated, checked, drained and described as on the host, through %s', async (_, reach) => {
    await begin()
    await rig.balancer.close()
    const commands = reach(rig.real)
    rig.balancer = rig.newBalancer({ mainConfigFile: undefined, configFile: rig.real.configFile, commands })
    await rig.sync(first)
    expect(await rig.answerer()).toBe(first.id)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    const held = await rig.traffic.hold()
    const removing = rig.sync(second)
    await until(async () => (await rig.answerer()) === second.id)
    expect(await isPending(removing)).toBe(true)
    held.release()
    expect(await removing).toEqual({ ...nothing, drained: [first.id] })
    expect(await rig.balancer.describeSetup(call)).toMatchObject({ kind: 'client-retry', version: '1.22.1' })
    await rm(rig.real.configFile)
    expect(await rig.balancer.check(call)).toMatchObject({
      serves: false,
      reason: expect.stringContaining('backend.conf of nginx'),
    })
    expect(await rig.sync(second)).toEqual(nothing)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    await rig.real.kill()
    expect(await rig.balancer.check(call)).toMatchObject({
      serves: false,
      reason: expect.stringContaining('does not run'),
    })
    await expect(rig.sync(first)).rejects.toMatchObject({ code: 'unavailable' })
  })
})
