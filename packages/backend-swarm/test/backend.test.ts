import { describe, expect, it } from 'vitest'
import { readReplicas, readTokens } from '../src/labels.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'
import { call, fakeSwarmBackend, swarmBench, type FakeNodes } from './swarm-kit.js'

const tokensOf = ({ swarm }: Pick<FakeNodes, 'swarm'>, name: string): readonly string[] =>
  readTokens(swarm.byName(name).Spec).map(({ token }) => token)

describe('launch', () => {
  it('makes a service of the group’s name, with as many replicas as tokens', async () => {
    const { nodes, swarm, backend } = swarmBench({ cpus: 0.5, env: { A: '1' } })
    await backend.launch({ group: 'web', token: 'a' }, call)
    const { Spec } = swarm.byName('web')
    expect(Spec.Labels).toMatchObject({ 'flotilla.group': 'web', 'flotilla.template': backend.templateHash })
    expect(Spec.TaskTemplate).toMatchObject({
      ContainerSpec: { Image: 'web:1', Env: ['A=1'], Init: true, StopGracePeriod: 1e9 },
      Resources: { Limits: { NanoCPUs: 5e8 } },
      RestartPolicy: { Condition: 'any' },
      Networks: [{ Target: 'net' }],
    })
    expect([readReplicas(Spec), tokensOf(nodes, 'web')]).toEqual([1, ['a']])
  })

  it('of many at once is one update, or two', async () => {
    const { clock, nodes, swarm, backend } = swarmBench()
    const tokens = Array.from({ length: 30 }, (_, index) => `t${index}`)
    await clock.runUntil(
      Promise.all(tokens.map(async (token) => backend.launch({ group: 'web', token }, call))),
    )
    expect(tokensOf(nodes, 'web')).toHaveLength(30)
    expect(readReplicas(swarm.byName('web').Spec)).toBe(30)
    const changes = swarm.calls.made.filter((made) => made === 'createService' || made === 'updateService')
    expect(changes.length).toBeLessThanOrEqual(2)
  })

  for (const fault of ['lose-reply', 'fail'] as const) {
    it(`finds out what came of an update that got ${fault === 'fail' ? 'a newer version in its way' : 'no reply'}`, async () => {
      const { clock, nodes, swarm, backend } = swarmBench()
      await backend.launch({ group: 'web', token: 'a' }, call)
      const error = dockerError(500, 'rpc error: code = Unknown desc = update out of sequence')
      swarm.calls.arm('updateService', fault === 'fail' ? { kind: 'fail', error } : { kind: fault })
      await clock.runUntil(backend.launch({ group: 'web', token: 'b' }, call))
      expect(tokensOf(nodes, 'web')).toEqual(['a', 'b'])
      expect(readReplicas(swarm.byName('web').Spec)).toBe(2)
    })
  }

  it('leaves a service alone that has the name and is not ours', async () => {
    const { swarm, backend } = swarmBench()
    await swarm.createService({ spec: { Name: 'web', Mode: { Replicated: { Replicas: 3 } } } }, call)
    await expect(backend.launch({ group: 'web', token: 'a' }, call)).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await backend.list('web', call)).toEqual([])
    expect(swarm.byName('web').Version.Index).toBe(1)
  })

  it('rolls a changed template out, and keeps what else is in the service', async () => {
    const { swarm, backend, open } = swarmBench()
    await backend.launch({ group: 'web', token: 'a' }, call)
    swarm.change('web', (spec) => ({ ...spec, Labels: { ...spec.Labels, team: 'shop' }, Networks: ['kept'] }))
    const newer = open({ image: 'web:2' })
    await newer.launch({ group: 'web', token: 'b' }, call)
    const { Spec } = swarm.byName('web')
    expect(Spec.TaskTemplate).toMatchObject({ ContainerSpec: { Image: 'web:2' } })
    expect(Spec).toMatchObject({
      Labels: { team: 'shop', 'flotilla.template': newer.templateHash },
      Networks: ['kept'],
    })
  })

  it('does not roll anything out when it only takes away', async () => {
    const { clock, swarm, backend, open } = swarmBench()
    for (const token of ['a', 'b']) await backend.launch({ group: 'web', token }, call)
    const newer = open({ image: 'web:2' })
    await clock.runUntil(newer.terminate('web', ['web.a'], call))
    expect(swarm.byName('web').Spec.TaskTemplate).toMatchObject({ ContainerSpec: { Image: 'web:1' } })
    expect(swarm.byName('web').Spec.Labels).toMatchObject({ 'flotilla.template': backend.templateHash })
  })

  it('says at once that the engine is no manager of a swarm', async () => {
    const { swarm, backend } = swarmBench()
    const message =
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
    swarm.calls.arm('inspectService', { kind: 'fail', error: dockerError(503, message) })
    await expect(backend.launch({ group: 'web', token: 'a' }, call)).rejects.toMatchObject({
      code: 'unsupported',
      retryable: false,
    })
  })
})

describe('list', () => {
  it('of one group does not fail when the service of another is removed at that moment', async () => {
    const { clock, swarm, backend } = swarmBench()
    for (const group of ['web', 'other']) await backend.launch({ group, token: 'a' }, call)
    const listServices = swarm.listServices.bind(swarm)
    const { ID } = swarm.byName('other')
    swarm.listServices = async (...given) => {
      const found = await listServices(...given)
      if (swarm.services.has(ID)) await swarm.removeService(ID, call)
      return found
    }
    // What was listed for the launch is out of date then.
    await clock.advance(1)
    expect((await clock.runUntil(backend.list('web', call))).map(({ id }) => id)).toEqual(['web.a'])
    expect(swarm.services.has(ID)).toBe(false)
  })
})

describe('the calls', () => {
  it('of a tick do not grow with the number of groups', async () => {
    const counts: number[] = []
    for (const count of [1, 20]) {
      const { nodes, swarm } = swarmBench()
      const backend = fakeSwarmBackend(nodes, { withNodes: false })
      const groups = Array.from({ length: count }, (_, index) => `g${index}`)
      for (const group of groups) await backend.launch({ group, token: 'a' }, call)
      swarm.calls.made.length = 0
      await new Promise((resolve) => void setTimeout(resolve, 510))
      await Promise.all(
        groups.map(async (group) => backend.list(group, { signal: new AbortController().signal })),
      )
      counts.push(swarm.calls.made.length)
    }
    expect(counts[1]).toBe(counts[0])
  })
})
