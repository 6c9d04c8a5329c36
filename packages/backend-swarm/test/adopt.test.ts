import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { readReplicas, readTokens } from '../src/labels.js'
import type { ServiceSpec } from '../src/manager/swarm-api.js'
import { call, fakeNodes, fakeSwarmBackend, runningSwarm, swarmBench, type FakeNodes } from './swarm-kit.js'

const tokensOf = ({ swarm }: Pick<FakeNodes, 'swarm'>, name: string): readonly string[] =>
  readTokens(swarm.byName(name).Spec).map(({ token }) => token)

describe('a service that is there already', () => {
  const shop: ServiceSpec = {
    Name: 'shop',
    Labels: { 'com.docker.stack.namespace': 'shop' },
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: 'shop:7' } },
  }

  it('that runs once on every node is refused, and left as it is', async () => {
    const { swarm, backend } = swarmBench({ image: undefined, adopt: 'shop' })
    await swarm.createService({ spec: { ...shop, Mode: {} } }, call)
    await expect(backend.launch({ group: 'web', token: 'a' }, call)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('service shop: it is not replicated'),
    })
    expect(swarm.byName('shop').Spec).toEqual({ ...shop, Mode: {} })
  })

  async function adopted() {
    const all = swarmBench({ image: undefined, adopt: 'shop' })
    await all.swarm.createService({ spec: shop }, call)
    await all.settle(all.backend)
    return all
  }

  it('is taken as it is: its tasks are instances, and nothing is changed by looking', async () => {
    const { swarm, backend } = await adopted()
    const listed = await backend.list('web', call)
    expect(listed.map(({ id, status }) => [id, status])).toEqual([
      ['web.slot-1', 'running'],
      ['web.slot-2', 'running'],
    ])
    expect(backend.templateHash).toBeUndefined()
    expect(swarm.byName('shop').Version.Index).toBe(1)
  })

  it('is scaled, keeps its template and its ids, and stays at none when the last is gone', async () => {
    const { clock, nodes, swarm, backend } = await adopted()
    await clock.runUntil(backend.launch({ group: 'web', token: 'a' }, call))
    expect(swarm.byName('shop').Spec).toMatchObject({
      Labels: { 'com.docker.stack.namespace': 'shop', 'flotilla.group': 'web' },
      TaskTemplate: shop.TaskTemplate,
    })
    expect(tokensOf(nodes, 'shop').toSorted()).toEqual(['a', 'slot-1', 'slot-2'])
    const ids = (await backend.list('web', call)).map(({ id }) => id)
    expect(ids.toSorted()).toEqual(['web.a', 'web.slot-1', 'web.slot-2'])
    expect((await clock.runUntil(backend.terminate('web', ids, call))).failed).toEqual([])
    expect(readReplicas(swarm.byName('shop').Spec)).toBe(0)
  })

  it('is nobody else’s: another group of the same backend has no part in it', async () => {
    const { clock, backend } = await adopted()
    await clock.runUntil(backend.launch({ group: 'web', token: 'a' }, call))
    expect(await backend.list('api', call)).toEqual([])
    await expect(backend.launch({ group: 'api', token: 'b' }, call)).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  it('that is not there is told as such', async () => {
    const { clock, backend } = swarmBench({ image: undefined, adopt: 'shop' })
    await expect(backend.list('web', call)).rejects.toMatchObject({ code: 'not-found' })
    const launched = backend.launch({ group: 'web', token: 'a' }, call).catch((error: unknown) => error)
    expect(await clock.runUntil(launched)).toMatchObject({ code: 'not-found' })
  })
})

describe('a service that is not the group’s', () => {
  it('is not taken for it because its id begins with the group’s name', async () => {
    const { clock, swarm, backend } = await runningSwarm([])
    await swarm.createService({ spec: { Name: 'other', Mode: { Replicated: { Replicas: 1 } } } }, call)
    await clock.runUntil(backend.launch({ group: 's', token: 'a' }, call))
    expect(swarm.byName('s').Spec.Mode).toEqual({ Replicated: { Replicas: 1 } })
  })

  it('is refused with who holds it', async () => {
    const { clock, open } = await runningSwarm(['a'])
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
