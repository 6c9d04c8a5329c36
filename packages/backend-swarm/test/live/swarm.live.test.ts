import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend, Instance } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SwarmServiceOptions } from '../../src/options.js'
import { LabDaemon } from '../../../docker-engine/test/live/lab-daemon.js'
import { workerImage } from '../../../docker-engine/test/live/lab.js'
import { ask, uniqueScope, urlOf } from '../../../docker-engine/test/live/live-instance.js'
import { RawSwarm, hosts, liveSwarm } from './swarm-kit.js'

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
  await new LabDaemon().endForgotten()
})

function backendOf(options: Partial<SwarmServiceOptions> = {}, withNodes = true): Backend {
  const backend = liveSwarm(scope, options, withNodes)
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

const allRun =
  (count: number) =>
  (listed: readonly Instance[]): boolean =>
    listed.length === count && listed.every(({ status }) => status === 'running')

const containersOf = async (): Promise<ReadonlySet<string>> =>
  new Set((await swarm.runningTasks(group)).map(({ Status }) => Status.ContainerStatus?.ContainerID ?? ''))

describe('a service on two nodes', () => {
  it('has its tasks on both, and each answers at its node', async () => {
    const backend = backendOf()
    await launch(backend, 'a', 'b', 'c', 'd')
    const listed = await until('four run', backend, allRun(4))
    expect(new Set(listed.map(({ zone }) => zone))).toEqual(new Set(hosts))
    const answers = await Promise.all(listed.map(async (instance) => ask(`${urlOf(instance)}/`)))
    expect(new Set(answers).size).toBe(4)
    const [first] = listed
    expect(first?.templateHash).toBe(backend.templateHash)
  })

  it('gives the use of all of them, read on their own nodes', async () => {
    const backend = backendOf()
    await launch(backend, 'a', 'b', 'c', 'd')
    const listed = await until('four run', backend, allRun(4))
    await backend.usage?.(listed, call())
    await sleep(1500)
    const readings = (await backend.usage?.(listed, call())) ?? []
    expect(readings.filter(({ kind }) => kind === 'value')).toHaveLength(12)
  })

  it('starts another task in the place of one that died, and the instance is the same', async () => {
    const backend = backendOf()
    await launch(backend, 'a', 'b')
    const before = await until('two run', backend, allRun(2))
    const [task] = await swarm.runningTasks(group)
    if (task !== undefined) await swarm.kill(task)
    await until('one is missing', backend, (now) => now.some(({ status }) => status === 'pending'))
    const after = await until('two run again', backend, allRun(2))
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    expect((await containersOf()).has(task?.Status.ContainerStatus?.ContainerID ?? '')).toBe(false)
  })

  it('is rolled by Swarm itself when the template has changed', async () => {
    const older = backendOf()
    await launch(older, 'a', 'b')
    await until('two run', older, allRun(2))
    const newer = backendOf({ env: { VERSION: '2' } })
    await launch(newer, 'c')
    const listed = await until(
      'all of the new template',
      newer,
      (now) => allRun(3)(now) && now.every(({ templateHash }) => templateHash === newer.templateHash),
    )
    expect(listed.map(({ token }) => token).toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('whose image no node has is told as failed, and why', async () => {
    const backend = backendOf({ image: 'flotilla-lab/nosuch:1', restart: 'none' })
    await launch(backend, 'a')
    const [failed] = await until('it failed', backend, ([instance]) => instance?.status === 'failed')
    expect(failed?.statusReason).toContain('No such image: flotilla-lab/nosuch:1')
    expect((await backend.terminate(group, [failed?.id ?? ''], call())).failed).toEqual([])
    expect(await swarm.services(scope)).toEqual([])
  })

  it('that somebody scales down no longer has what was cut off, says so, and is put right by another launch', async () => {
    const backend = backendOf({}, false)
    await launch(backend, 'a', 'b', 'c')
    await until('three run', backend, allRun(3))
    const [service] = await swarm.services(scope)
    const spec = { ...service?.Spec, Mode: { Replicated: { Replicas: 2 } } }
    await swarm.manager.must(
      'POST',
      `/services/${service?.ID}/update?version=${service?.Version.Index}`,
      spec,
    )
    await until('two run', backend, allRun(2))
    expect(backend.problems?.(group)).toMatchObject([{ about: `size of ${group}` }])
    await launch(backend, 'd')
    const three = await until('three run again', backend, allRun(3))
    expect(three.map(({ token }) => token)).toContain('d')
    expect(backend.problems?.(group)).toEqual([])
  })
})

describe('a service that is there already', () => {
  it('is adopted as it is, scaled, and left at none', async () => {
    await swarm.manager.must('POST', '/services/create', {
      Name: group,
      Labels: { team: 'shop' },
      Mode: { Replicated: { Replicas: 2 } },
      TaskTemplate: {
        ContainerSpec: { Image: workerImage, Env: ['KEPT=1'] },
        RestartPolicy: { Condition: 'any' },
      },
      EndpointSpec: { Mode: 'dnsrr' },
    })
    const backend = backendOf({
      adopt: group,
      image: undefined,
      endpointMode: undefined,
      cpus: undefined,
      address: 'ip',
    })
    await until('two run', backend, allRun(2))
    await launch(backend, 'a')
    const three = await until('three run', backend, allRun(3))
    const { text } = await swarm.manager.call('GET', `/services/${group}`)
    expect(JSON.parse(text)).toMatchObject({
      Spec: {
        Labels: { team: 'shop', 'flotilla.group': group },
        TaskTemplate: { ContainerSpec: { Env: ['KEPT=1'] }, RestartPolicy: { Condition: 'any' } },
      },
    })
    expect(
      (
        await backend.terminate(
          group,
          three.map(({ id }) => id),
          call(),
        )
      ).failed,
    ).toEqual([])
    const left = JSON.parse((await swarm.manager.call('GET', `/services/${group}`)).text) as object
    expect(left).toMatchObject({ Spec: { Mode: { Replicated: { Replicas: 0 } } } })
  })
})

describe('a manager', () => {
  it('that goes away in mid-scale and comes back ends in one task a token', async () => {
    const daemon = new LabDaemon()
    const backend = backendOf({}, false)
    const tokens = ['a', 'b', 'c', 'd']
    const launching = Promise.allSettled(
      tokens.map(async (token) => backend.launch({ group, token }, call())),
    )
    await sleep(200)
    await daemon.end('SIGTERM')
    await daemon.start()
    await launching
    for (let tries = 0; tries < 60; tries += 1) {
      const outcomes = await Promise.allSettled(
        tokens.map(async (token) => backend.launch({ group, token }, call())),
      )
      if (outcomes.every(({ status }) => status === 'fulfilled')) break
      await sleep(500)
    }
    // Tasks on the node that went away have ended, and the controller replaces those: here it is enough to see them.
    const listed = await until('four seats', backend, (now) =>
      now.every(({ status }) => status !== 'pending'),
    )
    expect(listed.map(({ token }) => token).toSorted()).toEqual(tokens)
    // A manager that has just come back hears of its nodes' tasks a while later.
    let left = listed.map(({ id }) => id)
    for (let tries = 0; left.length > 0 && tries < 6; tries += 1) {
      left = (await backend.terminate(group, left, call())).failed.map(({ id }) => id)
    }
    expect(left).toEqual([])
    expect(await swarm.services(scope)).toEqual([])
  })
})
