import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import type { Backend } from '@flotilla/core'
import { readReplicas, readTokens } from '../../src/labels.js'
import { call, fakeNodes, fakeSwarmBackend, runningSwarm } from '../swarm-kit.js'

const tokensOf = async (of: Backend): Promise<readonly string[]> =>
  (await of.list('web', call)).map(({ token }) => token).toSorted()

describe('while a service', () => {
  for (const State of ['updating', 'paused', 'rollback_started', 'rollback_paused']) {
    it(`is ${State} it is left as it is, and the group says why`, async () => {
      const { clock, swarm, backend } = await runningSwarm(['a', 'b'])
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

  it.each([
    [{}, 'up to 1 more than its size'],
    [{ parallel: 2 }, 'up to 2 more than its size'],
    [{ order: 'stop-first' } as const, 'it is scaled once that is over'],
  ])('is updating, the group says how many more than its size may run: %o', async (update, words) => {
    const { swarm, backend } = await runningSwarm(['a'], { update })
    swarm.setUpdateStatus('web', { State: 'updating', Message: 'in progress' })
    await backend.list('web', call)
    const [problem] = backend.problems?.('web') ?? []
    expect(problem?.message).toContain(words)
    expect(problem?.message.includes('more than')).toBe(words.includes('more than'))
  })

  it('of our making is paused, the whole group can still be ended', async () => {
    const { clock, swarm, backend } = await runningSwarm(['a', 'b'])
    swarm.setUpdateStatus('web', { State: 'paused' })
    const { failed } = await clock.runUntil(backend.terminate('web', ['web.a', 'web.b'], call))
    expect([failed, swarm.services.size]).toEqual([[], 0])
  })
})

describe('a template of ours that Swarm takes back', () => {
  it('is not brought in again, by this controller nor by the next, and its reason is told', async () => {
    const { clock, swarm, open, settle } = await runningSwarm(['a', 'b'])
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
    const { clock, swarm, backend } = await runningSwarm(['a'])
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

describe('a launch that scales only', () => {
  it('sends no credentials, for others than before would replace every task', async () => {
    const registryAuth = { username: 'u', password: 'p' }
    const { clock, swarm, backend } = await runningSwarm(['a'], { registryAuth })
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
