import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import type { Backend } from '@flotilla/core'
import { swarmService } from '../../src/backend.js'
import type { SwarmServiceOptions } from '../../src/options.js'
import { readReplicas, readTokens } from '../../src/labels.js'
import { fakeNodes, fakeSwarmBackend } from '../swarm-kit.js'

const call = { signal: new AbortController().signal }

async function running(tokens: readonly string[], options: Partial<SwarmServiceOptions> = {}) {
  const clock = new FakeClock()
  const nodes = fakeNodes(undefined, clock)
  const { swarm } = nodes
  const open = (other: Partial<SwarmServiceOptions> = options) =>
    fakeSwarmBackend(nodes, { clock, options: other, withNodes: false, listMaxAgeMs: 0, timeoutMs: 1000 })
  const settle = async (of: Backend): Promise<void> => {
    for (let look = 0; look < 4; look += 1) {
      await of.list('web', call)
      await clock.advance(1)
    }
  }
  const backend = open()
  for (const token of tokens) await clock.runUntil(backend.launch({ group: 'web', token }, call))
  await settle(backend)
  return { clock, swarm, backend, open, settle }
}

const tokensOf = async (of: Backend): Promise<readonly string[]> =>
  (await of.list('web', call)).map(({ token }) => token).toSorted()

describe('while a service', () => {
  for (const State of ['updating', 'paused', 'rollback_started', 'rollback_paused']) {
    it(`is ${State} it is left as it is, and the group says why`, async () => {
      const { clock, swarm, backend } = await running(['a', 'b'])
      swarm.setUpdateStatus('web', { State, Message: 'task x failed' })
      const { Spec } = swarm.byName('web')
      const launching = backend.launch({ group: 'web', token: 'c' }, call).catch((error: unknown) => error)
      expect(await clock.runUntil(launching)).toMatchObject({ code: 'conflict', retryable: true })
      const { done, failed } = await clock.runUntil(backend.terminate('web', ['web.a'], call))
      expect([done, failed]).toMatchObject([[], [{ id: 'web.a', error: { code: 'conflict' } }]])
      expect(swarm.byName('web').Spec).toEqual(Spec)
      await backend.list('web', call)
      expect(backend.problems?.('web')).toMatchObject([
        { about: 'rollout of web', message: expect.stringContaining('task x failed') },
      ])
      swarm.setUpdateStatus('web', { State: 'completed' })
      await clock.runUntil(backend.launch({ group: 'web', token: 'c' }, call))
      expect(readReplicas(swarm.byName('web').Spec)).toBe(3)
      expect(backend.problems?.('web')).toEqual([])
    })
  }

  it('of our making is paused, the whole group can still be ended', async () => {
    const { clock, swarm, backend } = await running(['a', 'b'])
    swarm.setUpdateStatus('web', { State: 'paused' })
    const { failed } = await clock.runUntil(backend.terminate('web', ['web.a', 'web.b'], call))
    expect([failed, swarm.services.size]).toEqual([[], 0])
  })
})

describe('a template of ours that Swarm takes back', () => {
  it('is not brought in again, by this controller nor by the next, and its reason is told', async () => {
    const { clock, swarm, open, settle } = await running(['a', 'b'])
    const newer = open({ image: 'web:bad' })
    await newer.launch({ group: 'web', token: 'c' }, call)
    await settle(newer)
    const message = 'rollback completed'
    swarm.rollBack('web', message)
    expect(await tokensOf(newer)).toEqual(['a', 'b'])
    expect(newer.problems?.('web')).toMatchObject([
      {
        about: 'template of web',
        message: expect.stringContaining(message),
        error: { code: 'invalid-template' },
      },
    ])
    await clock.runUntil(newer.launch({ group: 'web', token: 'd' }, call))
    const image = (): unknown =>
      (swarm.byName('web').Spec.TaskTemplate?.['ContainerSpec'] as { Image?: string } | undefined)?.Image
    expect([image(), readReplicas(swarm.byName('web').Spec)]).toEqual(['web:1', 3])
    const restarted = open({ image: 'web:bad' })
    await clock.runUntil(restarted.launch({ group: 'web', token: 'e' }, call))
    await restarted.list('web', call)
    expect([image(), readReplicas(swarm.byName('web').Spec)]).toEqual(['web:1', 4])
    expect(restarted.problems?.('web')).toMatchObject([{ about: 'template of web' }])
    const mended = open({ image: 'web:good' })
    await clock.runUntil(mended.launch({ group: 'web', token: 'f' }, call))
    expect(image()).toBe('web:good')
  })
})

describe('a rollback', () => {
  it('by hand that takes labels of an adopted service keeps who sits in it', async () => {
    const clock = new FakeClock()
    const nodes = fakeNodes(undefined, clock)
    const { swarm } = nodes
    const spec = { Name: 'shop', Mode: { Replicated: { Replicas: 2 } }, TaskTemplate: {} }
    await swarm.createService({ spec }, call)
    const options = { image: undefined, adopt: 'shop' }
    const backend = fakeSwarmBackend(nodes, { clock, options, withNodes: false, listMaxAgeMs: 0 })
    for (let look = 0; look < 4; look += 1) await backend.list('web', call)
    await clock.runUntil(backend.launch({ group: 'web', token: 'a' }, call))
    for (let look = 0; look < 4; look += 1) await backend.list('web', call)
    swarm.change('shop', (found) => ({ ...found, Labels: {} }))
    expect(readTokens(swarm.byName('shop').Spec)).toEqual([])
    await clock.advance(1)
    expect(await tokensOf(backend)).toEqual(['a', 'slot-1', 'slot-2'])
  })

  it('that takes the labels of one that we made is told, and not taken for its end', async () => {
    const { clock, swarm, backend } = await running(['a'])
    swarm.change('web', (spec) => ({ ...spec, Labels: {} }))
    await clock.advance(1)
    await expect(backend.list('web', call)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('--label-add flotilla.group=web'),
    })
    const launching = backend.launch({ group: 'web', token: 'b' }, call).catch((error: unknown) => error)
    expect(await clock.runUntil(launching)).toMatchObject({ code: 'conflict' })
  })
})

describe('a node that is down', () => {
  it('does not make a termination fail that worked, and who is on it cannot serve', async () => {
    const { clock, swarm, backend, settle } = await running(['a', 'b', 'c'])
    swarm.down.add('beta')
    await clock.advance(6000)
    await settle(backend)
    const listed = await backend.list('web', call)
    expect(listed.filter(({ zone }) => zone === 'beta').map(({ impaired }) => impaired)).toEqual(
      listed.filter(({ zone }) => zone === 'beta').map(() => 'its node beta is down'),
    )
    expect(listed.some(({ impaired }) => impaired !== undefined)).toBe(true)
    const ids = listed.map(({ id }) => id)
    expect((await clock.runUntil(backend.terminate('web', ids, call))).failed).toEqual([])
  })
})

describe('a service that is not the group’s', () => {
  it('is not taken for it because its id begins with the group’s name', async () => {
    const { clock, swarm, backend } = await running([])
    await swarm.createService({ spec: { Name: 'other', Mode: { Replicated: { Replicas: 1 } } } }, call)
    await clock.runUntil(backend.launch({ group: 's', token: 'a' }, call))
    expect(swarm.byName('s').Spec.Mode).toEqual({ Replicated: { Replicas: 1 } })
  })

  it('is refused with who holds it', async () => {
    const { clock, open } = await running(['a'])
    const other = open({ scope: 'other' })
    const launching = other.launch({ group: 'web', token: 'b' }, call).catch((error: unknown) => error)
    expect(await clock.runUntil(launching)).toMatchObject({
      message: expect.stringContaining("service web is group web's, without a scope"),
    })
  })
})

describe('an adopted service', () => {
  it('is its owner’s again when its group has ended', async () => {
    const clock = new FakeClock()
    const nodes = fakeNodes(undefined, clock)
    const { swarm } = nodes
    const Labels = { team: 'shop' }
    const spec = { Name: 'shop', Labels, Mode: { Replicated: { Replicas: 1 } }, TaskTemplate: {} }
    await swarm.createService({ spec }, call)
    const options = { image: undefined, adopt: 'shop' }
    const backend = fakeSwarmBackend(nodes, { clock, options, withNodes: false, listMaxAgeMs: 0 })
    await clock.runUntil(backend.launch({ group: 'web', token: 'a' }, call))
    const ids = (await backend.list('web', call)).map(({ id }) => id)
    await clock.runUntil(backend.terminate('web', ids, call))
    expect(await clock.runUntil(backend.endGroup('web', call))).toEqual({ done: [], failed: [] })
    expect(swarm.byName('shop').Spec.Labels).toEqual(Labels)
  })
})

describe('a launch that scales only', () => {
  it('sends no credentials, for others than before would replace every task', async () => {
    const registryAuth = { username: 'u', password: 'p' }
    const { clock, swarm, backend } = await running(['a'], { registryAuth })
    const sent: unknown[] = []
    const update = swarm.updateService.bind(swarm)
    swarm.updateService = async (request, options) => {
      sent.push(request.auth)
      return update(request, options)
    }
    await clock.runUntil(backend.launch({ group: 'web', token: 'b' }, call))
    expect(sent).toEqual([undefined])
  })
})

describe('options', () => {
  it.each([
    [{ port: 8080 }, 'network'],
    [{ port: 8080, network: 'host' }, 'network'],
    [{ network: 'bridge' }, 'network'],
    [{ reserve: { cpus: 0 } }, 'reserve.cpus'],
  ])('that leave tasks nobody could reach, or mean nothing, are refused: %j', (options, field) => {
    expect(() => swarmService({ image: 'web:1', ...options })).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })

  it('reserve what a task needs on its node', async () => {
    const { swarm } = await running(['a'], { reserve: { cpus: 0.5, memoryBytes: 1e8 } })
    const Reservations = { NanoCPUs: 5e8, MemoryBytes: 1e8 }
    expect(swarm.byName('web').Spec.TaskTemplate).toMatchObject({ Resources: { Reservations } })
  })
})

describe('an adopted service', () => {
  it('that publishes its port through the mesh says why its instances have no address', async () => {
    const clock = new FakeClock()
    const nodes = fakeNodes(undefined, clock)
    const spec = { Name: 'shop', Mode: { Replicated: { Replicas: 1 } }, TaskTemplate: {} }
    await nodes.swarm.createService({ spec }, call)
    const options = {
      image: undefined,
      adopt: 'shop',
      port: 81,
      network: undefined,
      address: 'published',
    } as const
    const backend = fakeSwarmBackend(nodes, { clock, options, withNodes: false, listMaxAgeMs: 0 })
    for (let look = 0; look < 4; look += 1) await backend.list('web', call)
    expect(await backend.list('web', call)).toMatchObject([
      { status: 'running', statusReason: expect.stringContaining('does not publish port 81') },
    ])
  })

  it('that runs once on every node has no size, which list says', async () => {
    const nodes = fakeNodes()
    await nodes.swarm.createService({ spec: { Name: 'shop', Mode: {} } }, call)
    const backend = fakeSwarmBackend(nodes, {
      options: { image: undefined, adopt: 'shop' },
      withNodes: false,
    })
    await expect(backend.list('web', call)).rejects.toMatchObject({ code: 'unsupported' })
  })
})
