import { FakeClock } from '@flotilla/core/testing'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FlotillaError, type Backend } from '@flotilla/core'
import { swarmService } from '../src/backend.js'
import type { SwarmServiceOptions } from '../src/options.js'
import { readReplicas, readTokens } from '../src/labels.js'
import type { ServiceSpec, SwarmApi } from '../src/manager/swarm-api.js'
import type { CallFault } from '../../docker-engine/test/fakes/fake-calls.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'
import { fakeNodes, fakeSwarmBackend, type FakeNodes } from './swarm-kit.js'

const call = { signal: new AbortController().signal }

function bench(options: Partial<SwarmServiceOptions> = {}) {
  const clock = new FakeClock()
  const nodes = fakeNodes(undefined, clock)
  const open = (other: Partial<SwarmServiceOptions> = options) =>
    fakeSwarmBackend(nodes, { clock, options: other, withNodes: false, listMaxAgeMs: 0, timeoutMs: 1000 })
  /** What was asked for is carried out a step each time somebody looks. */
  const settle = async (of: Backend, group = 'web'): Promise<void> => {
    for (let look = 0; look < 4; look += 1) {
      await of.list(group, call)
      await clock.advance(1)
    }
  }
  return { clock, nodes, swarm: nodes.swarm, backend: open(), open, settle }
}

const tokensOf = ({ swarm }: FakeNodes, name: string): readonly string[] =>
  readTokens(swarm.byName(name).Spec).map(({ token }) => token)

describe('launch', () => {
  it('makes a service of the group’s name, with as many replicas as tokens', async () => {
    const { nodes, swarm, backend } = bench({ cpus: 0.5, env: { A: '1' } })
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
    const { clock, nodes, swarm, backend } = bench()
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
      const { clock, nodes, swarm, backend } = bench()
      await backend.launch({ group: 'web', token: 'a' }, call)
      const error = dockerError(500, 'rpc error: code = Unknown desc = update out of sequence')
      swarm.calls.arm('updateService', fault === 'fail' ? { kind: 'fail', error } : { kind: fault })
      await clock.runUntil(backend.launch({ group: 'web', token: 'b' }, call))
      expect(tokensOf(nodes, 'web')).toEqual(['a', 'b'])
      expect(readReplicas(swarm.byName('web').Spec)).toBe(2)
    })
  }

  it('leaves a service alone that has the name and is not ours', async () => {
    const { swarm, backend } = bench()
    await swarm.createService({ spec: { Name: 'web', Mode: { Replicated: { Replicas: 3 } } } }, call)
    await expect(backend.launch({ group: 'web', token: 'a' }, call)).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await backend.list('web', call)).toEqual([])
    expect(swarm.byName('web').Version.Index).toBe(1)
  })

  it('rolls a changed template out, and keeps what else is in the service', async () => {
    const { swarm, backend, open } = bench()
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
    const { clock, swarm, backend, open } = bench()
    for (const token of ['a', 'b']) await backend.launch({ group: 'web', token }, call)
    const newer = open({ image: 'web:2' })
    await clock.runUntil(newer.terminate('web', ['web.a'], call))
    expect(swarm.byName('web').Spec.TaskTemplate).toMatchObject({ ContainerSpec: { Image: 'web:1' } })
    expect(swarm.byName('web').Spec.Labels).toMatchObject({ 'flotilla.template': backend.templateHash })
  })

  it('says at once that the engine is no manager of a swarm', async () => {
    const { swarm, backend } = bench()
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
    const { clock, swarm, backend } = bench()
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

describe('terminate', () => {
  it('resolves when as many tasks have ended, and takes the service away with the last', async () => {
    const { clock, swarm, backend } = bench()
    for (const token of ['a', 'b']) await backend.launch({ group: 'web', token }, call)
    await clock.runUntil(backend.list('web', call))
    expect(await clock.runUntil(backend.terminate('web', ['web.a'], call))).toEqual({
      done: ['web.a'],
      failed: [],
    })
    expect(swarm.tasksOf('web')).toHaveLength(1)
    expect((await backend.list('web', call)).map(({ id }) => id)).toEqual(['web.b'])
    await clock.runUntil(backend.terminate('web', ['web.b'], call))
    expect(swarm.services.size).toBe(0)
  })

  it('takes the service away with the last also when its caller gives up, or its tasks do not end in time', async () => {
    for (const ending of ['gives up', 'in time'] as const) {
      const { clock, swarm, backend } = bench()
      await backend.launch({ group: 'web', token: 'a' }, call)
      await clock.runUntil(backend.list('web', call))
      const caller = new AbortController()
      const update = swarm.updateService.bind(swarm)
      swarm.updateService = async (...given) => {
        await update(...given)
        if (ending === 'gives up') caller.abort(new Error('the caller gave up'))
        else swarm.calls.arm('listTasks', { kind: 'hang' })
      }
      const terminating = backend.terminate('web', ['web.a'], { signal: caller.signal })
      if (ending === 'gives up') await expect(terminating).rejects.toThrow('the caller gave up')
      else {
        const { failed } = await clock.runUntil(terminating)
        expect(failed).toMatchObject([{ id: 'web.a', error: { code: 'timeout' } }])
      }
      await clock.runUntil(backend.close())
      expect(swarm.services.size).toBe(0)
    }
  })
})

describe('a service that is there already', () => {
  const shop: ServiceSpec = {
    Name: 'shop',
    Labels: { 'com.docker.stack.namespace': 'shop' },
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: 'shop:7' } },
  }

  it('that runs once on every node is refused, and left as it is', async () => {
    const { swarm, backend } = bench({ image: undefined, adopt: 'shop' })
    await swarm.createService({ spec: { ...shop, Mode: {} } }, call)
    await expect(backend.launch({ group: 'web', token: 'a' }, call)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('service shop: it is not replicated'),
    })
    expect(swarm.byName('shop').Spec).toEqual({ ...shop, Mode: {} })
  })

  async function adopted() {
    const all = bench({ image: undefined, adopt: 'shop' })
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
    const { clock, backend } = bench({ image: undefined, adopt: 'shop' })
    await expect(backend.list('web', call)).rejects.toMatchObject({ code: 'not-found' })
    const launched = backend.launch({ group: 'web', token: 'a' }, call).catch((error: unknown) => error)
    expect(await clock.runUntil(launched)).toMatchObject({ code: 'not-found' })
  })
})

describe('a task that ends', () => {
  it('is followed by another in its place, and the instance is the same; what is remembered of it is no instance', async () => {
    const { clock, nodes, swarm, backend, settle } = bench()
    for (const token of ['a', 'b']) await backend.launch({ group: 'web', token }, call)
    await settle(backend)
    const before = await backend.list('web', call)
    const [first] = swarm.tasksOf('web')
    const engine = first?.host === 'alpha' ? nodes.engines.alpha : nodes.engines.beta
    engine.crash(first?.containerId ?? '', 1)
    await clock.advance(1)
    expect(await backend.list('web', call)).toMatchObject([
      { status: 'pending', statusReason: 'after task: non-zero exit (1)' },
      { status: 'running' },
    ])
    await settle(backend)
    expect((await backend.list('web', call)).map(({ id, status }) => [id, status])).toEqual(
      before.map(({ id }) => [id, 'running']),
    )
    expect((await clock.runUntil(backend.terminate('web', ['web.a'], call))).done).toEqual(['web.a'])
    expect((await backend.list('web', call)).map(({ id }) => id)).toEqual(['web.b'])
  })
})

describe('a group that somebody else scales', () => {
  it('down no longer lists what was cut off, says so, and is put right by launching others', async () => {
    const { clock, nodes, swarm, backend, settle } = bench()
    for (const token of ['a', 'b', 'c']) await backend.launch({ group: 'web', token }, call)
    swarm.change('web', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 2 } } }))
    await settle(backend)
    expect(await backend.list('web', call)).toHaveLength(2)
    expect(backend.problems?.('web')).toMatchObject([{ about: 'size of web' }])
    await clock.runUntil(backend.launch({ group: 'web', token: 'd' }, call))
    expect(tokensOf(nodes, 'web')).toHaveLength(3)
    expect(tokensOf(nodes, 'web')).toContain('d')
    expect(readReplicas(swarm.byName('web').Spec)).toBe(3)
    expect(backend.problems?.('web')).toEqual([])
  })

  it('up shows what came as instances that can be terminated', async () => {
    const { clock, swarm, backend, settle } = bench()
    await backend.launch({ group: 'web', token: 'a' }, call)
    swarm.change('web', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 3 } } }))
    await settle(backend)
    const ids = (await backend.list('web', call)).map(({ id }) => id)
    expect(ids).toHaveLength(3)
    await clock.runUntil(
      backend.terminate(
        'web',
        ids.filter((id) => id !== 'web.a'),
        call,
      ),
    )
    expect((await backend.list('web', call)).map(({ id }) => id)).toEqual(['web.a'])
    expect(readReplicas(swarm.byName('web').Spec)).toBe(1)
  })
})

describe('the calls', () => {
  it('of a tick do not grow with the number of groups', async () => {
    const counts: number[] = []
    for (const count of [1, 20]) {
      const { nodes, swarm } = bench()
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

describe('whatever is asked at whatever moment, and whatever reply is lost', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('launch' as const), token: fc.nat(4) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('terminate' as const), token: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), token: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1500) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('fault' as const),
        call: fc.constantFrom<keyof SwarmApi>(
          'createService',
          'updateService',
          'inspectService',
          'listTasks',
          'removeService',
        ),
        fault: fc.constantFrom<CallFault>(
          { kind: 'lose-reply' },
          { kind: 'hang' },
          { kind: 'hang-after' },
          {
            kind: 'fail',
            error: dockerError(500, 'rpc error: code = Unknown desc = update out of sequence'),
          },
        ),
      }),
    },
  )

  it('ends with one replica for each token that was asked for, and with no service once they are terminated', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const clock = new FakeClock()
        const nodes = fakeNodes(async () => clock.sleep(3), clock)
        const open = () =>
          fakeSwarmBackend(nodes, { clock, timeoutMs: 500, listMaxAgeMs: 0, withNodes: false })
        let backend = open()
        const under: Promise<unknown>[] = []
        for (const one of steps) {
          switch (one.kind) {
            case 'launch':
              under.push(backend.launch({ group: 'web', token: `t${one.token}` }, call).catch(() => {}))
              break
            case 'terminate':
              under.push(backend.terminate('web', [`web.t${one.token}`], call).catch(() => {}))
              break
            case 'crash': {
              const tasks = nodes.swarm.services.size === 0 ? [] : nodes.swarm.tasksOf('web')
              const { containerId, host, state } = tasks[one.token] ?? {}
              const engine = host === 'alpha' ? nodes.engines.alpha : nodes.engines.beta
              if (
                state === 'running' &&
                containerId !== undefined &&
                engine.containers.get(containerId)?.isRunning === true
              )
                engine.crash(containerId, 1)
              break
            }
            case 'restart':
              backend = open()
              break
            case 'wait':
              await clock.advance(one.ms)
              break
            case 'fault':
              nodes.swarm.calls.arm(one.call, one.fault)
              break
          }
        }
        await clock.runUntil(Promise.all(under), { stepMs: 50 })
        nodes.swarm.calls.clearFaults()
        const after = open()
        for (const { Spec } of nodes.swarm.services.values()) {
          expect(readReplicas(Spec)).toBe(readTokens(Spec).length)
        }
        for (const token of ['t0', 't1', 't2']) {
          const first = await clock.runUntil(after.launch({ group: 'web', token }, call))
          expect((await clock.runUntil(after.launch({ group: 'web', token }, call))).id).toBe(first.id)
        }
        const listed = await clock.runUntil(after.list('web', call))
        expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length)
        expect(listed.length).toBe(readReplicas(nodes.swarm.byName('web').Spec))
        const { failed } = await clock.runUntil(
          after.terminate(
            'web',
            listed.map(({ id }) => id),
            call,
          ),
        )
        expect(failed).toEqual([])
        expect(nodes.swarm.services.size).toBe(0)
      }),
      { numRuns: 50 },
    )
  }, 60_000)
})

describe('swarmService refuses', () => {
  const bad: readonly (readonly [field: string, options: object])[] = [
    ['image', {}],
    ['image', { image: 'web 1' }],
    ['image', { adopt: 'shop', image: 'web:1' }],
    ['restart', { adopt: 'shop', restart: 'any' }],
    ['adopt', { adopt: '../x' }],
    ['port', { image: 'web:1', address: 'published' }],
    ['address', { image: 'web:1', address: 'name' }],
    ['endpointMode', { image: 'web:1', endpointMode: 'dns' }],
    ['restart', { image: 'web:1', restart: 'always' }],
    ['labels', { image: 'web:1', labels: { 'flotilla.token.x': '1' } }],
    ['update.order', { image: 'web:1', update: { order: 'any' } }],
    ['update.parallel', { image: 'web:1', update: { parallel: 0 } }],
    ['env.A', { image: 'web:1', env: { A: 1 } }],
    ['replicas', { image: 'web:1', replicas: 3 }],
  ]
  for (const [field, options] of bad) {
    it(`${field} in ${JSON.stringify(options)}`, () => {
      let thrown: unknown
      try {
        swarmService(options)
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(FlotillaError)
      expect(thrown).toMatchObject({ code: 'invalid-options', field })
    })
  }

  it('nothing of what it can do, and says what it cannot', () => {
    const { supports: plain } = swarmService({ image: 'web:1' })
    expect(plain).toEqual({ usage: false, watch: false, chooseVictim: false })
    const nodes = { box: { host: 'tcp://10.0.0.5:2375' } }
    expect(swarmService({ image: 'web:1', nodes }).supports).toEqual({
      usage: true,
      watch: false,
      chooseVictim: false,
    })
  })
})
