import type { Instance, InstanceChange } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { ChangeFeed } from '../src/change-feed.js'
import { differences, watchGroup } from '../src/watch.js'

const map = (entries: Record<string, string>): ReadonlyMap<string, string> => new Map(Object.entries(entries))

describe('the differences between two looks', () => {
  it.each([
    ['nothing', { a: 'running' }, { a: 'running' }, []],
    ['a new one', {}, { a: 'running' }, [{ instanceId: 'a', what: 'running' }]],
    ['one that is gone', { a: 'running' }, {}, [{ instanceId: 'a', what: 'gone' }]],
    ['another status', { a: 'running' }, { a: 'exited' }, [{ instanceId: 'a', what: 'exited' }]],
    [
      'several',
      { a: 'running', b: 'running', c: 'x' },
      { b: 'paused', c: 'x' },
      [
        { instanceId: 'b', what: 'paused' },
        { instanceId: 'a', what: 'gone' },
      ],
    ],
  ])('are %s', (_what, before, after, expected) => {
    expect(differences(map(before), map(after))).toEqual(expected)
  })
})

/** A watch on made-up instances and time. */
function start() {
  const clock = new FakeClock()
  const feed = new ChangeFeed()
  const controller = new AbortController()
  const world = { instances: [] as Instance[], isBroken: false, lookCount: 0 }
  const list = async (): Promise<readonly Instance[]> => {
    world.lookCount += 1
    if (world.isBroken) throw new Error('no answer')
    return world.instances
  }
  const changes = watchGroup({ group: 'web', feed, clock, signal: controller.signal, list })
  const iterator = changes[Symbol.asyncIterator]()
  const next = async (): Promise<InstanceChange | undefined> => {
    const result = await iterator.next()
    return result.done === true ? undefined : result.value
  }
  return { clock, feed, world, next, abort: () => controller.abort() }
}

const instance = (id: string): Instance => ({
  id,
  group: 'web',
  token: id,
  name: id,
  status: 'running',
  createdAt: 1,
})

describe('watch', () => {
  it('passes on at once what its own backend sees, from the moment it was asked', async () => {
    const { feed, next } = start()
    feed.emit('web', { instanceId: 'a', what: 'exited with code 1' })
    feed.emit('other', { instanceId: 'x', what: 'of no interest' })
    expect(await next()).toEqual({ instanceId: 'a', what: 'exited with code 1' })
    const pending = next()
    feed.emit('web', { instanceId: 'b', what: 'started' })
    expect(await pending).toEqual({ instanceId: 'b', what: 'started' })
  })

  it('finds what nobody tells it of with the next look, a second later', async () => {
    const { clock, world, next } = start()
    const pending = next()
    await clock.settle()
    world.instances = [instance('a')]
    await clock.advance(999)
    expect(world.lookCount).toBe(1)
    await clock.advance(1)
    expect(await pending).toEqual({ instanceId: 'a', what: 'running' })
  })

  it('does not tell again what it was told', async () => {
    const { clock, feed, world, next } = start()
    const first = next()
    await clock.settle()
    world.instances = [instance('a')]
    feed.emit('web', { instanceId: 'a', what: 'started' })
    expect(await first).toEqual({ instanceId: 'a', what: 'started' })
    const second = next()
    await clock.advance(1_000)
    world.instances = []
    await clock.advance(1_000)
    expect(await second).toEqual({ instanceId: 'a', what: 'gone' })
  })

  it('goes on when a look fails, and takes that for no change', async () => {
    const { clock, world, next } = start()
    world.instances = [instance('a')]
    const pending = next()
    await clock.settle()
    world.isBroken = true
    await clock.advance(3_000)
    world.isBroken = false
    world.instances = [instance('a'), instance('b')]
    await clock.advance(1_000)
    expect(await pending).toEqual({ instanceId: 'b', what: 'running' })
  })

  it('ends when its signal aborts, and leaves no sleeper and no listener', async () => {
    const { clock, next, abort } = start()
    const pending = next()
    await clock.settle()
    abort()
    expect(await pending).toBeUndefined()
    expect(clock.pendingCount).toBe(0)
    expect(await next()).toBeUndefined()
  })
})
