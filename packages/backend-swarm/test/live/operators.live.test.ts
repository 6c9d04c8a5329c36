import { setTimeout as sleep } from 'node:timers/promises'
import { Autoscaler, fixed, httpProbe, silentLogger, type Backend, type Instance } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SwarmServiceOptions } from '../../src/options.js'
import { readReplicas, readTokens } from '../../src/labels.js'
import type { Service, ServiceSpec } from '../../src/manager/swarm-api.js'
import { workerImage } from '../../../docker-engine/test/live/lab.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'
import { RawSwarm, liveSwarm } from './swarm-kit.js'

const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(120_000) })
const swarm = new RawSwarm()
let scope = ''
let group = ''
const open: Backend[] = []

beforeEach(async () => {
  await swarm.untilReady()
  scope = uniqueScope()
  group = `g-${scope}`
})

afterEach(async () => {
  for (const backend of open.splice(0)) await backend.close()
  await swarm.removeAndWait(scope)
  await swarm.manager.call('DELETE', `/services/${group}`)
})

function backendOf(options: Partial<SwarmServiceOptions> = {}): Backend {
  const backend = liveSwarm(scope, options)
  open.push(backend)
  return backend
}

async function launch(backend: Backend, ...tokens: readonly string[]): Promise<void> {
  await Promise.all(tokens.map(async (token) => backend.launch({ group, token }, call())))
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries > 300) throw new Error(`${what}: not within a minute`)
    await sleep(200)
  }
}

const runs = async (backend: Backend, count: number): Promise<boolean> => {
  const listed: readonly Instance[] = await backend.list(group, call())
  return listed.length === count && listed.every(({ status }) => status === 'running')
}

async function service(): Promise<Service> {
  return JSON.parse((await swarm.manager.call('GET', `/services/${group}`)).text) as Service
}

const imageOf = ({ Spec }: Service): unknown =>
  (Spec.TaskTemplate?.['ContainerSpec'] as { Image?: string } | undefined)?.Image

const stateOf = async (): Promise<string | undefined> => (await service()).UpdateStatus?.State

/** The owner brings in an image that no node has. */
async function breakIt(onFailure: 'pause' | 'rollback'): Promise<void> {
  const { ID, Version, Spec } = await service()
  const TaskTemplate = { ...Spec.TaskTemplate, ContainerSpec: { Image: 'flotilla-lab/nosuch:1' } }
  const UpdateConfig = { Parallelism: 1, FailureAction: onFailure, Order: 'stop-first' }
  const spec: ServiceSpec = { ...Spec, TaskTemplate, UpdateConfig }
  await swarm.manager.must('POST', `/services/${ID}/update?version=${Version.Index}`, spec)
}

describe('an owner’s rollout that fails', () => {
  it('and is paused is not set going again by a launch or a termination; once it is taken back the group goes on', async () => {
    const backend = backendOf()
    await launch(backend, 'a', 'b', 'c')
    await until('three run', async () => runs(backend, 3))
    await breakIt('pause')
    await until('it is paused', async () => (await stateOf()) === 'paused')
    const { Version } = await service()
    await expect(launch(backend, 'd')).rejects.toMatchObject({ code: 'conflict' })
    const { failed } = await backend.terminate(group, [`${group}.a`], call())
    expect(failed).toMatchObject([{ error: { code: 'conflict' } }])
    const held = await service()
    expect([held.Version, held.UpdateStatus?.State]).toEqual([Version, 'paused'])
    expect((await swarm.runningTasks(group)).length).toBeGreaterThanOrEqual(2)
    await backend.list(group, call())
    expect(backend.problems?.(group)).toMatchObject([{ about: `rollout of ${group}` }])

    const path = `/services/${held.ID}/update?version=${held.Version.Index}&rollback=previous`
    await swarm.manager.must('POST', path, held.Spec)
    await until('it is back', async () => (await stateOf()) === 'rollback_completed')
    await launch(backend, 'd')
    await until('four run', async () => runs(backend, 4))
    expect(imageOf(await service())).toBe(workerImage)
  })

  it('and is rolled back lands on what was there, whatever is launched meanwhile', async () => {
    const backend = backendOf()
    await launch(backend, 'a', 'b', 'c')
    await until('three run', async () => runs(backend, 3))
    await breakIt('rollback')
    for (let tries = 0; (await stateOf()) !== 'rollback_completed'; tries += 1) {
      if (tries > 100) throw new Error('it was not rolled back')
      const launched = await backend.launch({ group, token: 'd' }, call()).catch((error: unknown) => error)
      if ((await stateOf()) !== 'rollback_completed') expect(launched).toMatchObject({ code: 'conflict' })
      await sleep(300)
    }
    await until('all run', async () => (await swarm.runningTasks(group)).length >= 3)
    const { Spec } = await service()
    expect(imageOf(await service())).toBe(workerImage)
    expect(readTokens(Spec).map(({ token }) => token)).toEqual(expect.arrayContaining(['a', 'b', 'c']))
  })
})

describe('a template of ours that does not run', () => {
  it('is brought in once, rolled back by Swarm, told with its reason, and the group goes on with the one before', async () => {
    const older = backendOf()
    await launch(older, 'a', 'b', 'c')
    await until('three run', async () => runs(older, 3))
    const before = new Set((await swarm.runningTasks(group)).map(({ ID }) => ID))
    const newer = backendOf({ image: 'flotilla-lab/nosuch:2' })
    await launch(newer, 'd')
    await until('it is rolled back', async () => (await stateOf()) === 'rollback_completed')
    await newer.list(group, call())
    expect(newer.problems?.(group)).toMatchObject([
      { about: `template of ${group}`, message: expect.stringContaining('No such image') },
    ])
    await launch(newer, 'e')
    await until('four run', async () => runs(newer, 4))
    const restarted = backendOf({ image: 'flotilla-lab/nosuch:2' })
    await launch(restarted, 'f')
    await until('five run', async () => runs(restarted, 5))
    expect([imageOf(await service()), readReplicas((await service()).Spec)]).toEqual([workerImage, 5])
    const now = new Set((await swarm.runningTasks(group)).map(({ ID }) => ID))
    expect([...before].filter((id) => now.has(id))).toHaveLength(3)
  })
})

describe('a task that somebody pauses', () => {
  it('is taken out of service, and no serving task is ended in its stead', async () => {
    const backend = backendOf()
    const web = new Autoscaler({
      group,
      min: 3,
      max: 4,
      intervalMs: 1000,
      backend,
      probe: httpProbe('/'),
      policy: fixed(3),
      logger: silentLogger,
    })
    const inService = (): number =>
      web.status().instances.filter(({ state }) => state === 'in-service').length
    await web.start()
    try {
      await until('three serve', async () => inService() === 3)
      const before = await swarm.runningTasks(group)
      const nodes = before.map(({ NodeID }) => NodeID)
      // The one that is alone on its node: a scale-in would never end it.
      const victim =
        before.find(({ NodeID }) => nodes.filter((id) => id === NodeID).length === 1) ?? before[0]
      if (victim === undefined) throw new Error('no task runs')
      const container = victim.Status.ContainerStatus?.ContainerID ?? ''
      const engine = await swarm.engineOf(victim)
      await engine.must('POST', `/containers/${container}/pause`)
      await until('two serve', async () => inService() === 2)
      await sleep(20_000)
      const after = new Set((await swarm.runningTasks(group)).map(({ ID }) => ID))
      expect(before.filter(({ ID }) => !after.has(ID))).toEqual([])
      expect(readReplicas((await service()).Spec)).toBe(3)
      // What the problem says that would do.
      await engine.must('DELETE', `/containers/${container}?force=1`)
      await until('three serve again', async () => inService() === 3)
      expect(web.status().instances).toHaveLength(3)
    } finally {
      await web.stop({ terminate: true })
    }
    expect(await swarm.services(scope)).toEqual([])
  })
})
