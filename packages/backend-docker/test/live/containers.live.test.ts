import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend, FlotillaError, Instance, InstanceChange, Reading } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DockerOptions } from '../../src/options.js'
import { network, socketPath, webImage } from '../../../docker-engine/test/live/lab.js'
import { groupOf, liveDocker, removeScope } from './live-kit.js'
import { ask, uniqueScope, urlOf } from '../../../docker-engine/test/live/live-instance.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'

const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) })
const sh = (script: string): Partial<DockerOptions> => ({
  image: webImage,
  command: ['/bin/sh', '-c', script],
})

let scope = ''
const open: Backend[] = []

beforeEach(() => {
  scope = uniqueScope()
})

afterEach(async () => {
  for (const backend of open.splice(0)) await backend.close()
  await removeScope(scope)
})

function backendOf(options: Partial<DockerOptions>): Backend {
  const backend = liveDocker(scope, { graceMs: 1000, ...options })
  open.push(backend)
  return backend
}

async function until<T>(what: string, look: () => Promise<T | undefined>, ms = 60_000): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const found = await look()
    if (found !== undefined) return found
    if (waitedMs > ms) throw new Error(`${what}: not within ${ms} ms`)
    await sleep(100)
  }
}

async function untilStatus(backend: Backend, status: Instance['status']): Promise<Instance> {
  return until(`status ${status}`, async () =>
    (await backend.list(groupOf(scope), call())).find((instance) => instance.status === status),
  )
}

const launch = async (backend: Backend, token = 't1'): Promise<Instance> =>
  backend.launch({ group: groupOf(scope), token }, call())

describe('a container that', () => {
  it('exits at once is listed as stopped, with its exit code', async () => {
    const backend = backendOf(sh('exit 3'))
    await launch(backend)
    expect(await untilStatus(backend, 'stopped')).toMatchObject({ statusReason: 'exited with code 3' })
  })

  it('ignores SIGTERM is killed once its grace has passed', async () => {
    const backend = backendOf(sh("trap '' TERM; while :; do sleep 1; done"))
    const { id } = await launch(backend)
    await sleep(300)
    const startedMs = performance.now()
    expect(await backend.terminate(groupOf(scope), [id], call())).toEqual({ done: [id], failed: [] })
    expect(performance.now() - startedMs).toBeGreaterThan(950)
    expect(await new RawEngine(socketPath()).inspect(id)).toBeUndefined()
  })

  it('runs out of memory says so', async () => {
    const backend = backendOf({
      ...sh('sleep 1; head -c 300000000 /dev/zero | tail'),
      memoryBytes: 16 * 2 ** 20,
    })
    const watching = new AbortController()
    const heard: InstanceChange[] = []
    const over = (async () => {
      for await (const change of backend.watch?.(groupOf(scope), { signal: watching.signal }) ?? [])
        heard.push(change)
    })()
    await until('watching', async () => heard[0])
    await launch(backend)
    expect(await untilStatus(backend, 'stopped')).toMatchObject({
      statusReason: 'ran out of memory, exit code 137',
    })
    watching.abort()
    await over
    expect(heard.map(({ what }) => what)).toContain('ran out of memory')
  })

  it('Docker restarts again and again is told as crash-looping', async () => {
    const backend = backendOf({ ...sh('exit 1'), restart: 'always' })
    await launch(backend)
    const looping = await untilStatus(backend, 'failed')
    expect(looping.statusReason).toMatch(/^it keeps crashing: restarted \d+ times, last exited with code 1$/)
    expect((await backend.terminate(groupOf(scope), [looping.id], call())).failed).toEqual([])
  })

  it('cannot be started leaves nothing behind', async () => {
    const backend = backendOf({ image: webImage, command: ['/bin/nosuch'], init: false })
    const error = (await launch(backend).catch((thrown: unknown) => thrown)) as FlotillaError
    expect(error).toMatchObject({ code: 'invalid-template' })
    expect(error.message).toContain('/bin/nosuch')
    expect(await new RawEngine(socketPath()).ofScope(scope)).toEqual([])
  })

  it('wants a network or a CPU that is not there is refused, and leaves nothing behind', async () => {
    for (const options of [{ network: 'nosuch-network' }, { cpus: 4096 }, { user: 'nosuch-user' }]) {
      const backend = backendOf({ image: webImage, ...options })
      await expect(launch(backend)).rejects.toMatchObject({ code: 'invalid-template' })
    }
    expect(await new RawEngine(socketPath()).ofScope(scope)).toEqual([])
  })

  it('somebody else stops, pauses or kills is seen within a second of it', async () => {
    const engine = new RawEngine(socketPath())
    const backend = backendOf({ image: webImage })
    const { id } = await launch(backend)
    const watching = new AbortController()
    const heard: { readonly what: string; readonly atMs: number }[] = []
    const over = (async () => {
      for await (const { what } of backend.watch?.(groupOf(scope), { signal: watching.signal }) ?? []) {
        heard.push({ what, atMs: performance.now() })
      }
    })()
    await until('watching', async () => heard[0])
    await engine.must('POST', `/containers/${id}/pause`)
    expect(await untilStatus(backend, 'paused')).toBeDefined()
    await engine.must('POST', `/containers/${id}/unpause`)
    const killedMs = performance.now()
    await engine.kill(id)
    const died = await until('the event', async () => heard.find(({ what }) => what.startsWith('exited')))
    expect(died.what).toBe('exited with code 137 (SIGKILL)')
    expect(died.atMs - killedMs).toBeLessThan(1000)
    watching.abort()
    await over
  })
})

describe('a stranger', () => {
  it('with our name is left alone, and the launch says conflict', async () => {
    const engine = new RawEngine(socketPath())
    const group = `g${scope}`
    const stranger = await engine.run(`${group}-t1`, { Image: webImage, HostConfig: { Init: true } })
    const alike = await engine.run(`${group}-t1-db`, { Image: webImage, HostConfig: { Init: true } })
    try {
      const backend = backendOf({ image: webImage })
      await expect(backend.launch({ group, token: 't1' }, call())).rejects.toMatchObject({ code: 'conflict' })
      const { id } = await backend.launch({ group, token: 't2' }, call())
      expect((await backend.list(group, call())).map((instance) => instance.id)).toEqual([id])
      const { done, failed } = await backend.terminate(group, [stranger, alike, id], call())
      expect(done).toEqual([id])
      expect(failed.map(({ error }) => error.code)).toEqual(['not-owned', 'not-owned'])
      for (const other of [stranger, alike]) expect((await engine.inspect(other))?.State.Running).toBe(true)
    } finally {
      for (const other of [stranger, alike]) await engine.remove(other)
    }
  })
})

describe('an address', () => {
  it('by IP answers, and is gone with the container, for the next one gets it', async () => {
    const backend = backendOf({})
    const first = await launch(backend)
    expect(await ask(`${urlOf(first)}/`)).toContain(first.id.slice(0, 12))
    await new RawEngine(socketPath()).kill(first.id)
    const stopped = await untilStatus(backend, 'stopped')
    expect(stopped.address).toBeUndefined()
    const second = await launch(backend, 't2')
    // Docker hands a freed address to the very next container.
    expect(second.address).toEqual(first.address)
  })

  it('by name answers inside the network, long names too', async () => {
    const backend = backendOf({ address: 'name' })
    const engine = new RawEngine(socketPath())
    for (const token of ['t1', 't'.repeat(63)]) {
      const { address } = await launch(backend, token)
      const asker = await engine.run(`asker-${scope}`, {
        Image: webImage,
        Labels: { 'flotilla.scope': scope },
        Cmd: [
          '/bin/sh',
          '-c',
          // Its wget has no bound of its own.
          `until /bin/busybox timeout 3 /bin/busybox wget -q -O - http://${address?.host}:8080/health; do sleep 0.1; done`,
        ],
        HostConfig: { NetworkMode: network, Init: true },
      })
      try {
        const hasEnded = async (): Promise<true | undefined> =>
          (await engine.inspect(asker))?.State.Running === false ? true : undefined
        await until('an answer', hasEnded)
      } catch (error) {
        const said = await engine.call('GET', `/containers/${asker}/logs?stdout=1&stderr=1`)
        throw new Error(`${address?.host} was asked: ${said.text.slice(-500)}`, { cause: error })
      }
      const { text } = await engine.call('GET', `/containers/${asker}/json`)
      expect(JSON.parse(text)).toMatchObject({ State: { ExitCode: 0 } })
      await engine.remove(asker)
    }
  })

  it('by published port answers on the host', async () => {
    const backend = backendOf({ address: 'published' })
    const launched = await launch(backend)
    expect(launched.address?.host).toBe('127.0.0.1')
    expect(await ask(`${urlOf(launched)}/`)).toContain(launched.id.slice(0, 12))
    expect((await backend.list(groupOf(scope), call()))[0]?.address).toEqual(launched.address)
  })
})

describe('usage', () => {
  /** A busy host makes a saturated container look idle, and one that starts look busy: one look in a minute must be right. */
  const patience = { timeout: 60_000, interval: 100 }
  const busy = { ...sh('while :; do :; done'), cpus: 0.2, memoryBytes: 64 * 2 ** 20 }

  const read = async (backend: Backend, instances: readonly Instance[]): Promise<Map<string, number>> => {
    await backend.usage?.(instances, call())
    await sleep(3000)
    const readings: readonly Reading[] = (await backend.usage?.(instances, call())) ?? []
    return new Map(readings.flatMap((one) => (one.kind === 'value' ? [[one.name, one.value]] : [])))
  }

  for (const usage of ['auto', 'stats'] as const) {
    it(`of a container at its limit is 1, and throttled (${usage})`, async () => {
      const backend = backendOf({ ...busy, usage })
      const instance = await launch(backend)
      await vi.waitFor(async () => {
        const values = await read(backend, [instance])
        expect(values.get('cpu')).toBeGreaterThan(0.5)
        expect(values.get('cpu')).toBeLessThan(1.2)
        expect(values.get('cpu_throttled')).toBeGreaterThan(0.3)
        expect(values.get('memory')).toBeLessThan(16 * 2 ** 20)
      }, patience)
    })
  }

  it('is the same from the files and from the engine', async () => {
    const [files, stats] = [backendOf({ ...busy }), backendOf({ ...busy, usage: 'stats' })]
    const instance = await launch(files)
    await vi.waitFor(async () => {
      const [fromFiles, fromStats] = await Promise.all([read(files, [instance]), read(stats, [instance])])
      expect(Math.abs((fromFiles.get('cpu') ?? 9) - (fromStats.get('cpu') ?? 0))).toBeLessThan(0.25)
      expect(fromFiles.get('memory')).toBe(fromStats.get('memory'))
    }, patience)
  })

  it('of an idle container is next to nothing', async () => {
    const backend = backendOf({ image: webImage, cpus: 1 })
    const instance = await launch(backend)
    await vi.waitFor(async () => {
      const values = await read(backend, [instance])
      expect(values.get('cpu')).toBeLessThan(0.05)
      expect(values.get('cpu_throttled')).toBe(0)
    }, patience)
  })
})
