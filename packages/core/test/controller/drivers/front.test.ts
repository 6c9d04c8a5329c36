import { describe, expect, it } from 'vitest'
import { FlotillaError, type Problem } from '../../../src/index.js'
import { FakeClock, type FakeBalancer, fakeBalancer, once } from '../../../src/testing/index.js'
import { type Rig, rig } from '../harness.js'

interface Front extends Rig {
  readonly balancer: FakeBalancer
}

async function serving(count = 2): Promise<Front> {
  const clock = new FakeClock()
  const balancer = fakeBalancer({ clock })
  const one = rig({ wanted: count, balancer, fakeClock: clock, intervalMs: 10_000 })
  await one.start()
  await clock.advance(1000)
  return { ...one, balancer }
}

const toldOf = ({ told }: Rig, name: 'problem' | 'recovered'): readonly string[] =>
  told.filter((one) => one.name === name).map(({ event }) => (event as Problem).kind)

const unavailable = new FlotillaError('unavailable', 'nginx: no such container')

describe('a front that lost what was set', () => {
  it('is put right within one tick, and told, and told when it is over', async () => {
    const one = await serving()
    const { balancer, clock } = one
    const before = balancer.syncs.length
    balancer.lose('another file is served')
    expect(balancer.request().status).toBe(0)
    await clock.advance(10_000)
    expect(balancer.request().status).toBe(200)
    expect(balancer.syncs.length).toBe(before + 1)
    expect(balancer.syncs.at(-1)).toEqual(balancer.syncs.at(-2))
    expect(toldOf(one, 'problem')).toEqual(['front-lost'])
    const [problem] = one.told.filter(({ name }) => name === 'problem').map(({ event }) => event as Problem)
    expect(problem?.message).toBe('fake does not serve what was set: another file is served')
    await clock.advance(10_000)
    expect(toldOf(one, 'recovered')).toEqual(['front-lost'])
  })

  it('is put right in the same tick also for a program that ticks by itself', async () => {
    const clock = new FakeClock()
    const balancer = fakeBalancer({ clock })
    const one = rig({ wanted: 1, balancer, fakeClock: clock })
    await clock.runUntil(one.web.tick())
    balancer.lose()
    await clock.runUntil(one.web.tick())
    expect(balancer.request().status).toBe(200)
  })

  it('is asked again at each tick, and set again no more often, while it goes on saying no', async () => {
    const one = await serving()
    const { balancer, clock } = one
    const before = balancer.syncs.length
    balancer.check = async () => ({ serves: false, reason: 'Welcome to nginx!' })
    await clock.advance(50_000)
    expect(balancer.syncs.length - before).toBe(5)
    expect(toldOf(one, 'problem')).toEqual(['front-lost'])
  })

  it('that cannot be mended is told, the group goes on growing, and nothing is terminated', async () => {
    const one = await serving(3)
    const { balancer, clock, backend, wanted } = one
    balancer.faults.sync = { kind: 'fail', error: unavailable }
    balancer.lose()
    wanted.count = 5
    await clock.advance(30_000)
    expect(one.running()).toBe(5)
    wanted.count = 2
    await clock.advance(60_000)
    expect(backend.calls.terminated).toEqual([])
    expect(toldOf(one, 'problem')).toEqual(['front-lost', 'balance-failed'])
    balancer.faults.sync = undefined
    await clock.advance(70_000)
    expect(one.running()).toBe(2)
    expect(toldOf(one, 'recovered').toSorted()).toEqual(['balance-failed', 'front-lost'])
  })

  it('makes nobody known to have no traffic: what was drained is asked for again before it ends', async () => {
    const one = await serving(2)
    const { balancer, clock, backend, wanted } = one
    backend.faults.terminate = once({ kind: 'fail', error: unavailable }, 1)
    wanted.count = 1
    await clock.advance(10_050)
    balancer.lose('yesterday’s file was put back')
    await clock.advance(30_000)
    expect(one.running()).toBe(1)
    expect(balancer.members.map(({ id }) => id)).toEqual(one.inService())
  })
})

describe('a check of the front', () => {
  it('that fails is a problem of its own, and sets nothing again', async () => {
    const one = await serving()
    const { balancer, clock } = one
    const before = balancer.syncs.length
    balancer.faults.check = { kind: 'fail', error: unavailable }
    await clock.advance(60_000)
    expect(toldOf(one, 'problem')).toEqual(['front-unchecked'])
    expect(balancer.syncs.length).toBe(before)
    balancer.faults.check = undefined
    await clock.advance(10_000)
    expect(toldOf(one, 'recovered')).toEqual(['front-unchecked'])
  })

  it('that hangs delays a tick by a second at most, and never overlaps with itself', async () => {
    const one = await serving()
    const { balancer, clock } = one
    balancer.faults.check = { kind: 'hang' }
    const before = balancer.checkCount
    await clock.advance(60_000)
    expect(balancer.checkCount).toBe(before + 1)
    expect(toldOf(one, 'problem')).toEqual(['front-unchecked'])
    const durations = one.told
      .filter(({ name }) => name === 'tick')
      .map(({ event }) => (event as { durationMs: number }).durationMs)
    expect(Math.max(...durations)).toBeLessThanOrEqual(1000)
    expect(durations.length).toBeGreaterThan(6)
  })

  it('that is slow is heeded when it comes', async () => {
    const one = await serving()
    const { balancer, clock } = one
    balancer.faults.check = { kind: 'slow', ms: 3000 }
    balancer.lose()
    await clock.advance(13_100)
    expect(balancer.request().status).toBe(200)
  })

  it('is left out in a dry run', async () => {
    const clock = new FakeClock()
    const balancer = fakeBalancer({ clock })
    const one = rig({ balancer, fakeClock: clock, dryRun: true })
    await one.start()
    await clock.advance(30_000)
    expect(balancer.checkCount).toBe(0)
  })
})

describe('a balancer call that failed', () => {
  it('is made again on its own backoff, not at the next tick', async () => {
    const clock = new FakeClock()
    const balancer = fakeBalancer({ clock })
    const one = rig({ wanted: 1, balancer, fakeClock: clock, intervalMs: 600_000 })
    balancer.faults.sync = once({ kind: 'fail', error: unavailable }, 3)
    await one.start()
    await clock.advance(8000)
    expect(balancer.request().status).toBe(200)
    expect(toldOf(one, 'recovered')).toEqual(['balance-failed'])
  })
})
