import { setTimeout as sleep } from 'node:timers/promises'
import {
  Autoscaler,
  httpProbe,
  fixed,
  silentLogger,
  type Json,
  type LoadedState,
  type StateStore,
} from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultyProxy } from '../../../docker-engine/test/live/faulty-proxy.js'
import { socketPath, workerImage } from '../../../docker-engine/test/live/lab.js'
import { groupOf, liveDocker, removeScope } from './live-kit.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { RawEngine } from '../../../docker-engine/test/live/raw-engine.js'

const engine = new RawEngine(socketPath())
let scope = ''
let stranger = ''

beforeEach(async () => {
  scope = uniqueScope()
  stranger = await engine.run(`${groupOf(scope)}-stranger`, {
    Image: workerImage,
    HostConfig: { Init: true },
  })
})

afterEach(async () => {
  await removeScope(scope)
  await engine.remove(stranger)
})

/** What a controller leaves on the disk when it is killed: the last state that it stored, and nothing later. */
class Disk implements StateStore {
  #state: Json | undefined
  #isCut = false

  /** The same disk, as the next controller finds it. Saves of the one before no longer reach it. */
  takeOver(): Disk {
    this.#isCut = true
    const next = new Disk()
    next.#state = structuredClone(this.#state)
    return next
  }

  async load(): Promise<LoadedState> {
    return this.#state === undefined
      ? { kind: 'none' }
      : { kind: 'state', state: structuredClone(this.#state) }
  }

  async save(_group: string, state: Json): Promise<void> {
    if (!this.#isCut) this.#state = structuredClone(state)
  }
}

interface Running {
  readonly web: Autoscaler
  readonly proxy: FaultyProxy
  readonly disk: Disk
}

/** A controller whose every byte to the engine goes through a wire that can be cut. */
async function start(disk: Disk, count: number): Promise<Running> {
  const proxy = await FaultyProxy.open(socketPath())
  const web = new Autoscaler({
    group: groupOf(scope),
    min: 0,
    max: 6,
    backend: liveDocker(scope, { engine: { host: `unix://${proxy.socketPath}` }, graceMs: 1000 }),
    probe: httpProbe('/health'),
    policy: fixed(count),
    behavior: { scaleOut: { windowMs: 0 }, scaleIn: { windowMs: 0 } },
    intervalMs: 500,
    store: disk,
    logger: silentLogger,
  })
  await web.start()
  return { web, proxy, disk }
}

/** As kill -9 does it: from one moment to the next it asks nothing and stores nothing any more. */
async function kill({ web, proxy, disk }: Running): Promise<Disk> {
  const left = disk.takeOver()
  await proxy.close()
  void web.stop().catch(() => {})
  return left
}

/** Containers of ours by their state, round the backend. */
async function states(): Promise<readonly string[]> {
  return (await engine.ofScope(scope)).map(({ State }) => State)
}

async function untilRunning(count: number): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 200) {
    const now = await states()
    if (now.length === count && now.every((state) => state === 'running')) return
    if (waitedMs > 90_000) throw new Error(`${count} should run, and there are ${now.join(', ')}`)
    await sleep(200)
  }
}

describe('a controller', () => {
  it('that is killed at any moment loses nothing, makes nothing twice, and touches no stranger', async () => {
    let disk = new Disk()
    let last = 0
    for (let round = 0; round < 12; round += 1) {
      last = [3, 1, 5, 2][round % 4] ?? 0
      const running = await start(disk, last)
      // From before the first call until after the last.
      await sleep((round * 211) % 1800)
      disk = await kill(running)
      expect((await states()).length).toBeLessThanOrEqual(6)
    }
    const survivor = await start(disk, 3)
    await untilRunning(3)
    const tokens = (await engine.ofScope(scope)).map(({ Labels }) => Labels['flotilla.token'])
    expect(new Set(tokens).size).toBe(3)
    await survivor.web.stop({ terminate: true })
    expect(await states()).toEqual([])
    expect((await engine.inspect(stranger))?.State.Running).toBe(true)
    await survivor.proxy.close()
  })

  it('replaces what died, and what exits at once only with growing waits', async () => {
    const { web, proxy } = await start(new Disk(), 2)
    await untilRunning(2)
    const [victim] = await engine.ofScope(scope)
    await engine.kill(victim?.Id ?? '')
    await untilRunning(2)
    expect((await engine.ofScope(scope)).map(({ Id }) => Id)).not.toContain(victim?.Id)
    await web.stop({ terminate: true })
    await proxy.close()

    const group = groupOf(scope)
    const failing = new Autoscaler({
      group,
      min: 1,
      max: 2,
      backend: liveDocker(scope, { command: ['/bin/sh', '-c', 'exit 1'] }),
      probe: httpProbe('/health'),
      policy: fixed(1),
      intervalMs: 500,
      launch: { backoff: { baseMs: 1000, capMs: 60_000 } },
      logger: silentLogger,
    })
    const launched: number[] = []
    failing.on('instance', ({ to }) => {
      if (to === 'launching') launched.push(performance.now())
    })
    await failing.start()
    await sleep(8000)
    await failing.stop({ terminate: true })
    expect(launched.length).toBeGreaterThanOrEqual(2)
    // Without growing waits it would be one a tick.
    expect(launched.length).toBeLessThanOrEqual(6)
    expect(await states()).toEqual([])
  })

  it('leaves the group alone while the engine is away, and goes on when it is back', async () => {
    const { web, proxy, disk } = await start(new Disk(), 2)
    await untilRunning(2)
    const before = (await engine.ofScope(scope)).map(({ Id }) => Id)
    await proxy.close()
    await sleep(2500)
    expect((await engine.ofScope(scope)).map(({ Id }) => Id)).toEqual(before)
    void web.stop().catch(() => {})
    const back = await start(disk.takeOver(), 3)
    await untilRunning(3)
    expect((await engine.ofScope(scope)).map(({ Id }) => Id)).toEqual(expect.arrayContaining(before))
    await back.web.stop({ terminate: true })
    await back.proxy.close()
  })
})
