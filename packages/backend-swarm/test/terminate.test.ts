import { describe, expect, it } from 'vitest'
import { readReplicas, readTokens } from '../src/labels.js'
import { runningSwarm, call, swarmBench, type FakeNodes } from './swarm-kit.js'

const tokensOf = ({ swarm }: Pick<FakeNodes, 'swarm'>, name: string): readonly string[] =>
  readTokens(swarm.byName(name).Spec).map(({ token }) => token)

describe('terminate', () => {
  it('resolves when as many tasks have ended, and takes the service away with the last', async () => {
    const { clock, swarm, backend } = swarmBench()
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
      const { clock, swarm, backend } = swarmBench()
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

describe('a task that ends', () => {
  it('is followed by another in its place, and the instance is the same; what is remembered of it is no instance', async () => {
    const { clock, nodes, swarm, backend, settle } = swarmBench()
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
    const { clock, nodes, swarm, backend, settle } = swarmBench()
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
    const { clock, swarm, backend, settle } = swarmBench()
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

describe('a node that is down', () => {
  it('does not make a termination fail that worked, and who is on it cannot serve', async () => {
    const { clock, swarm, backend, settle } = await runningSwarm(['a', 'b', 'c'])
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

describe('the service of a group that has nothing left', () => {
  it('is removed only when Swarm has forgotten its tasks: a manager that is about to may crash', async () => {
    const { clock, swarm, backend, settle } = swarmBench()
    await backend.launch({ group: 'web', token: 'a' }, call)
    await settle(backend)
    swarm.forgetsAfterLooks = 6
    const { done } = await clock.runUntil(backend.terminate('web', ['web.a'], call))
    expect([done, swarm.services.size, swarm.removedTooSoon]).toEqual([['web.a'], 0, []])
  })

  it('is removed all the same when Swarm forgets nothing', async () => {
    const { clock, swarm, backend, settle } = swarmBench()
    await backend.launch({ group: 'web', token: 'a' }, call)
    await settle(backend)
    swarm.forgetsAfterLooks = Infinity
    const { done } = await clock.runUntil(backend.terminate('web', ['web.a'], call))
    expect([done, swarm.services.size]).toEqual([['web.a'], 0])
  })
})
