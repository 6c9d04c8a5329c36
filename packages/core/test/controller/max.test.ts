import { describe, expect, it } from 'vitest'
import type { Problem } from '../../src/index.js'
import { FlotillaError } from '../../src/index.js'
import { FakeClock, fakeBackend, once } from '../../src/testing/index.js'
import { HostileBackend } from './hostile-backend.js'
import { ScriptedBalancer, type Rig, rig } from './harness.js'

const refused = new FlotillaError('permission-denied', 'terminate fake-1: the disk is in use')

function told({ told: all }: Rig, kind: Problem['kind']): readonly string[] {
  return all
    .filter(({ name, event }) => name === 'problem' && (event as Problem).kind === kind)
    .map(({ event }) => (event as Problem).message)
}

function isOver({ told: all }: Rig, kind: Problem['kind']): boolean {
  const last = all.findLast(
    ({ name, event }) => (name === 'problem' || name === 'recovered') && (event as Problem).kind === kind,
  )
  return last?.name === 'recovered'
}

describe('max', () => {
  it('bounds machines that could not be ended too, and says that they hold the group up, and why', async () => {
    const one = rig({ wanted: 3, max: 3 })
    const { start, clock, backend } = one
    await start()
    await clock.advance(1000)
    backend.faults.terminate = () => ({
      kind: 'partial',
      ids: backend.machines.show('web').map(({ id }) => id),
      error: refused,
    })
    for (const { id } of backend.machines.show('web').slice(0, 2)) backend.crash(id)
    await clock.advance(3_600_000)
    expect(backend.machines.show('web').length).toBe(3)
    expect(backend.calls.launched.length).toBe(3)
    expect(told(one, 'held-at-max')).toEqual([
      `2 of 3 missing: 2 machines that could not be ended leave no room under max 3: ${refused.message}`,
    ])
    backend.faults.terminate = undefined
    await clock.advance(120_000)
    expect(one.running()).toBe(3)
    expect(isOver(one, 'held-at-max')).toBe(true)
  })

  it('is not told while a replacement only waits for the end of the one before it', async () => {
    const one = rig({ wanted: 3, max: 3 })
    await one.start()
    await one.clock.advance(1000)
    one.backend.crash(one.backend.machines.show('web')[0]!.id)
    await one.clock.advance(20_000)
    expect(one.running()).toBe(3)
    expect(one.problems()).toEqual([])
  })

  it('counts one on standby, and says so', async () => {
    const one = rig({ wanted: 2, max: 2 })
    await one.start()
    await one.clock.advance(1000)
    await one.web.enterStandby(one.backend.machines.show('web')[0]!.id)
    await one.clock.advance(30_000)
    expect(one.backend.machines.show('web').length).toBe(2)
    expect(told(one, 'held-at-max')).toEqual([
      '1 of 2 missing: 1 machine on standby leaves no room under max 2',
    ])
  })

  it('counts one that its balancer does not let go of', async () => {
    const balancer = new ScriptedBalancer()
    const one = rig({ wanted: 1, max: 1, balancer })
    await one.start()
    await one.clock.advance(1000)
    balancer.fault = new FlotillaError('unavailable', 'nginx: no such container')
    one.backend.crash(one.backend.machines.show('web')[0]!.id)
    await one.clock.advance(120_000)
    expect(one.backend.machines.show('web').length).toBe(1)
    expect(told(one, 'held-at-max')).toEqual([
      '1 of 1 missing: 1 machine that the balancer has not let go of fills max 1',
    ])
  })

  it('shrinks a group that was found larger, and never grows it first', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    for (let index = 0; index < 7; index += 1) {
      const id = backend.addForeign({ group: 'web', token: `t${index}` })
      if (index % 2 === 0) backend.crash(id)
    }
    const one = rig({ fakeBackend: backend, fakeClock: clock, wanted: 3, max: 3 })
    await one.start()
    await clock.advance(60_000)
    expect(one.running()).toBe(3)
    expect(backend.machines.show('web').length).toBe(3)
    expect(backend.calls.launched.length).toBe(0)
  })

  it('counts a launch that nobody waits for until its machine can no longer come', async () => {
    const clock = new FakeClock()
    const hostile = new HostileBackend(clock)
    hostile.launchFates = ['deaf', 'fine']
    const one = rig({
      fakeBackend: hostile.open(),
      fakeClock: clock,
      min: 0,
      wanted: 1,
      max: 1,
      timeouts: { launchMs: 5000 },
    })
    await one.start()
    await clock.advance(4000)
    one.wanted.count = 0
    await clock.advance(10_000)
    one.wanted.count = 1
    await clock.advance(600_000)
    expect(hostile.mostCount).toBe(1)
    expect(one.running()).toBe(1)
  })

  it('is kept by asking for a dropped launch again before a new one', async () => {
    const one = rig({ min: 0, wanted: 2, max: 2 })
    one.backend.faults.launch = once({ kind: 'lose-reply' }, 2)
    one.backend.faults.list = undefined
    await one.start()
    await one.clock.advance(1)
    one.wanted.count = 0
    await one.clock.advance(15_000)
    one.wanted.count = 2
    await one.clock.advance(60_000)
    expect(one.running()).toBe(2)
    expect(one.backend.machines.show('web').length).toBe(2)
  })
})

describe('a group whose machines were killed', () => {
  it('is replaced at once though it is young: none of them was a failed launch', async () => {
    const one = rig({ wanted: 4 })
    await one.start()
    await one.clock.advance(12_000)
    for (const { id } of one.backend.machines.show('web')) one.backend.crash(id, 'killed by SIGKILL')
    await one.clock.advance(100)
    expect(one.inService().length).toBe(4)
    expect(one.told.some(({ name }) => name === 'backoff')).toBe(false)
  })

  it('is replaced at once when they vanished', async () => {
    const one = rig({ wanted: 4 })
    await one.start()
    await one.clock.advance(12_000)
    for (const { id } of one.backend.machines.show('web')) one.backend.remove(id)
    await one.clock.advance(100)
    expect(one.inService().length).toBe(4)
  })

  it('backs off once the replacements fail as well', async () => {
    const one = rig({ wanted: 2 })
    await one.start()
    await one.clock.advance(12_000)
    for (let turn = 0; turn < 6; turn += 1) {
      for (const { id } of one.backend.machines.show('web')) one.backend.crash(id)
      await one.clock.advance(7000)
    }
    const failures = one.told
      .filter(({ name }) => name === 'backoff')
      .map(({ event }) => (event as { failures: number }).failures)
    expect(failures.slice(0, 3)).toEqual([1, 2, 3])
  })

  it('backs off at once when they break as soon as they are up', async () => {
    const one = rig({ wanted: 1 })
    await one.start()
    await one.clock.advance(1000)
    one.backend.crash(one.backend.machines.show('web')[0]!.id)
    await one.clock.advance(10)
    expect(one.told.some(({ name }) => name === 'backoff')).toBe(true)
  })
})

describe('terminate-failed', () => {
  it('is over when the machine goes otherwise', async () => {
    const one = rig({ wanted: 2 })
    await one.start()
    await one.clock.advance(1000)
    one.backend.faults.terminate = () => ({
      kind: 'partial',
      ids: one.backend.machines.show('web').map(({ id }) => id),
      error: refused,
    })
    one.wanted.count = 1
    await one.clock.advance(15_000)
    expect(told(one, 'terminate-failed').length).toBe(1)
    const leaving = one.web.status().instances.find(({ state }) => state === 'terminating')!.id
    one.backend.remove(leaving)
    await one.clock.advance(15_000)
    expect(isOver(one, 'terminate-failed')).toBe(true)
  })
})
