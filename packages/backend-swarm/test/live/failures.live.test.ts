import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend, Instance } from '@flotilla/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SwarmServiceOptions } from '../../src/options.js'
import { workerImage } from '../../../docker-engine/test/live/lab.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { RawSwarm, hosts, liveSwarm } from './swarm-kit.js'

const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(120_000) })
const swarm = new RawSwarm()
const [, second = ''] = hosts
let scope = ''
let group = ''
const open: Backend[] = []

beforeEach(async () => {
  await swarm.untilReady()
  scope = uniqueScope()
  group = `g-${scope}`
})

afterEach(async () => {
  cable.mend()
  await swarm.untilReady()
  for (const backend of open.splice(0)) await backend.close()
  await swarm.removeAndWait(scope)
  await swarm.manager.call('DELETE', `/services/${group}`)
})

/** Between the two nodes. The namespace of a node has the name of its host. */
const cable = {
  isCut: false,
  cut(): void {
    this.isCut = true
    execFileSync('ip', ['-n', second, 'route', 'add', 'blackhole', '10.77.0.1/32'])
  },
  mend(): void {
    if (!this.isCut) return
    execFileSync('ip', ['-n', second, 'route', 'del', 'blackhole', '10.77.0.1/32'])
    this.isCut = false
  },
}

function backendOf(options: Partial<SwarmServiceOptions> = {}): Backend {
  const backend = liveSwarm(scope, options, false)
  open.push(backend)
  return backend
}

async function launch(backend: Backend, ...tokens: readonly string[]): Promise<void> {
  await Promise.all(tokens.map(async (token) => backend.launch({ group, token }, call())))
}

async function until(
  what: string,
  backend: Backend,
  holds: (listed: readonly Instance[]) => boolean,
): Promise<readonly Instance[]> {
  for (let waitedMs = 0; ; waitedMs += 200) {
    const listed = await backend.list(group, call())
    if (holds(listed)) return listed
    if (waitedMs > 60_000) throw new Error(`${what}: ${JSON.stringify(listed, undefined, 1)}`)
    await sleep(200)
  }
}

const serves = ({ status, impaired }: Instance): boolean => status === 'running' && impaired === undefined
const allServe =
  (count: number) =>
  (listed: readonly Instance[]): boolean =>
    listed.length === count && listed.every(serves)

/** Containers of the group that run, on every node, whatever the manager knows of them. */
const containers = async (): Promise<readonly string[]> => swarm.containersOf(group)

describe('a node that is cut off', () => {
  beforeAll(async () => swarm.setHeartbeat(1000))
  afterAll(async () => swarm.setHeartbeat(5000))

  it('is told, its tasks start elsewhere, terminations go on, and nothing is doubled once it is back', async () => {
    const backend = backendOf()
    await launch(backend, 'a', 'b', 'c', 'd')
    const before = await until('four serve', backend, allServe(4))
    const away = before.filter(({ zone }) => zone === second).map(({ id }) => id)
    expect(away.length).toBeGreaterThan(0)

    cable.cut()
    // Those that stay serve all the while.
    const elsewhere = await until('all serve on one node', backend, (now) => {
      const ofOthers = now.filter(({ id }) => !away.includes(id))
      expect(ofOthers.every(serves)).toBe(true)
      return allServe(4)(now) && now.every(({ zone }) => zone !== second)
    })
    expect(elsewhere.map(({ id }) => id).toSorted()).toEqual(before.map(({ id }) => id).toSorted())
    const [victim = ''] = away
    expect(await backend.terminate(group, [victim], call())).toEqual({ done: [victim], failed: [] })
    await launch(backend, 'e')
    await until('four serve again', backend, allServe(4))
    // The node goes on running what it was given, until it hears from the manager.
    expect((await containers()).length).toBeGreaterThan(4)

    cable.mend()
    await swarm.untilReady()
    await expect.poll(async () => (await containers()).length, { timeout: 60_000 }).toBe(4)
    expect((await backend.list(group, call())).every(serves)).toBe(true)
  })
})

describe('a swarm of two managers that lose each other', () => {
  afterEach(async () => {
    cable.mend()
    await swarm.setRole(second, 'worker')
  })

  it('is unavailable, and the group as it was once they have found each other', async () => {
    const backend = backendOf()
    await launch(backend, 'a', 'b')
    const before = await until('two serve', backend, allServe(2))
    const ran = await containers()
    await swarm.setRole(second, 'manager')

    cable.cut()
    await expect
      .poll(async () => backend.list(group, call()).catch((error: unknown) => error), { timeout: 60_000 })
      .toMatchObject({ code: 'unavailable' })
    // Not longer than it must be: connections take the longer to come back.
    await Promise.all([
      expect(launch(backend, 'c')).rejects.toMatchObject({ code: 'unavailable' }),
      expect(backend.terminate(group, [`${group}.a`], call())).rejects.toMatchObject({ code: 'unavailable' }),
    ])
    expect([...(await containers())].toSorted()).toEqual([...ran].toSorted())

    cable.mend()
    await expect
      .poll(async () => backend.list(group, call()).catch((error: unknown) => error), { timeout: 120_000 })
      .toMatchObject(before.map(({ id, address }) => ({ id, address, status: 'running' })))
    await launch(backend, 'c')
    await until('three serve', backend, allServe(3))
  })
})

describe('a task', () => {
  it('for which no node has what it reserves waits with that as the reason, and can be taken away', async () => {
    const backend = backendOf({ reserve: { cpus: 64 } })
    await launch(backend, 'a')
    const [waiting] = await until('it waits', backend, ([instance]) => instance?.statusReason !== undefined)
    expect(waiting).toMatchObject({
      status: 'pending',
      statusReason: expect.stringContaining('insufficient resources'),
    })
    expect(await backend.terminate(group, [waiting?.id ?? ''], call())).toMatchObject({ failed: [] })
    expect(await swarm.services(scope)).toEqual([])
  })

  it('that crashed has its last lines, without what is secret in them', async () => {
    const command = ['/bin/sh', '-c', 'echo starting; echo "no DB_URL with $KEY" >&2; exit 3']
    const backend = backendOf({ command, env: { KEY: 'hunter2-of-the-test' }, restart: 'none' })
    await launch(backend, 'a')
    const [crashed] = await until('it has ended', backend, ([instance]) => instance?.status === 'stopped')
    expect(crashed?.statusReason).toContain('3')
    if (crashed === undefined) throw new Error('it is not listed')
    const words = await backend.lastOutput?.(crashed, call())
    expect(words).toContain('starting')
    expect(words).toContain('no DB_URL')
    expect(words).not.toContain('hunter2')
  })
})

describe('a service that was adopted', () => {
  it('is its owner’s again at the end of its group, and another group may have it', async () => {
    await swarm.manager.must('POST', '/services/create', {
      Name: group,
      Labels: { team: 'shop' },
      Mode: { Replicated: { Replicas: 1 } },
      TaskTemplate: { ContainerSpec: { Image: workerImage, Init: true } },
      EndpointSpec: { Mode: 'dnsrr' },
    })
    const adopting = (): Backend =>
      backendOf({ adopt: group, image: undefined, endpointMode: undefined, cpus: undefined, address: 'ip' })
    const backend = adopting()
    await launch(backend, 'a')
    const listed = await until('two run', backend, (now) => now.length === 2)
    await expect(adopting().launch({ group: `${group}x`, token: 'b' }, call())).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`group ${group}'s`),
    })
    const ids = listed.map(({ id }) => id)
    expect(await backend.terminate(group, ids, call())).toMatchObject({ failed: [] })
    expect(await backend.endGroup?.(group, call())).toEqual({ done: [], failed: [] })
    expect(await swarm.manager.must('GET', `/services/${group}`)).toMatchObject({
      Spec: { Labels: { team: 'shop' }, Mode: { Replicated: { Replicas: 0 } } },
    })
    const other = await adopting().launch({ group: `${group}x`, token: 'b' }, call())
    expect(other.group).toBe(`${group}x`)
  })
})
