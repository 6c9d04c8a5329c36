import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import {
  type Autoscaler,
  FlotillaError,
  type StateStore,
  memoryStore,
  systemClock,
} from '../../../src/index.js'
import { type FakeBackend, FakeClock, FakeStorage, fakeBackend } from '../../../src/testing/index.js'
import { type Rig, type RigOptions, ScriptedBalancer, ScriptedProbe, rig } from '../harness.js'

const down = new FlotillaError('unavailable', 'the database does not answer')
const full = new FlotillaError('unavailable', 'no space left on device')

/** One storage and one set of machines, with as many controllers as a test wants. */
class World {
  readonly clock = new FakeClock()
  readonly storage = new FakeStorage({ clock: this.clock })
  readonly machines = fakeBackend({ clock: this.clock })

  controller(who: string, options: RigOptions = {}): Rig & { readonly mutations: () => number } {
    const backend: FakeBackend = this.machines.reopen()
    const made = rig({
      fakeBackend: backend,
      fakeClock: this.clock,
      store: this.storage.open(who),
      ...options,
    })
    return {
      ...made,
      mutations: () => backend.calls.launched.length + backend.calls.terminated.length,
    }
  }

  /** Lets a standby take the group from a holder whose calls to the store no longer arrive. */
  async takeOver(standby: Rig): Promise<void> {
    await this.clock.advance(30_000)
    await standby.start()
  }
}

/** A store whose holder is cut off from it: no call is answered. */
function cutOff(inner: StateStore): { store: StateStore; link: { isCut: boolean } } {
  const link = { isCut: false }
  const ask = <T>(call: () => Promise<T>): Promise<T> => {
    if (link.isCut) throw down
    return call()
  }
  const store: StateStore = {
    load: async (group) => ask(() => inner.load(group)),
    save: async (group, state, options) => ask(() => inner.save(group, state, options)),
    holder: async (group, options) => ask(async () => inner.holder?.(group, options)),
    async acquire(group, options) {
      const lease = await ask(async () => inner.acquire?.(group, options))
      if (lease === undefined) throw new Error('the store has no leases')
      return {
        token: lease.token,
        renewEveryMs: lease.renewEveryMs,
        isHeld: () => lease.isHeld(),
        renew: async (call) => ask(() => lease.renew(call)),
        release: async () => ask(() => lease.release()),
      }
    },
  }
  return { store, link }
}

describe('who owns a group', () => {
  it('is one of two over one memory store: the second is refused with who has it', async () => {
    const { clock, machines } = new World()
    const store = memoryStore()
    const first = rig({ fakeBackend: machines, fakeClock: clock, store })
    await first.start()
    const second = rig({ fakeBackend: machines.reopen(), fakeClock: clock, store })
    await expect(second.start()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('another controller of this process has held it since'),
    })
    await clock.runUntil(first.web.stop())
    await second.start()
    expect(second.web.status().owner).toMatchObject({ token: 2, isHeld: true })
  })

  it('is seen in its status, and by the store from elsewhere', async () => {
    const world = new World()
    const { start, web } = world.controller('first')
    expect(web.status().owner).toBeUndefined()
    await start()
    expect(web.status().owner).toEqual({
      who: `process ${process.pid} on ${hostname()}`,
      since: expect.any(Number),
      token: 1,
      isHeld: true,
    })
    expect(await world.storage.open().holder('web')).toMatchObject({ who: 'first', token: 1 })
    await world.clock.runUntil(web.stop())
    expect(web.status().owner?.isHeld).toBe(false)
    expect(await world.storage.open().holder('web')).toBeUndefined()
  })

  it('stays owner for hours, with a renewal every ten seconds and no save that changes nothing', async () => {
    const world = new World()
    const { start, web, problems } = world.controller('first', { intervalMs: 600_000 })
    await start()
    await world.clock.advance(1000)
    const saves = world.storage.saveCount
    await world.clock.advance(6 * 3_600_000)
    expect(web.status().owner?.isHeld).toBe(true)
    expect(problems()).toEqual([])
    expect(world.storage.saveCount - saves).toBeLessThan(40)
  })

  it('is nobody in a dry run', async () => {
    const world = new World()
    const first = world.controller('first')
    await first.start()
    const dry = world.controller('dry', { dryRun: true })
    await dry.start()
    expect(dry.web.status().owner).toBeUndefined()
    expect(first.web.status().owner?.isHeld).toBe(true)
  })
})

describe('a holder that is cut off from its store', () => {
  it('acts while its lease lasts, then stops at once, and tells so', async () => {
    const world = new World()
    const { store, link } = cutOff(world.storage.open('first'))
    const first = world.controller('first', { store, intervalMs: 1000 })
    await first.start()
    await world.clock.advance(2000)
    link.isCut = true
    await world.clock.advance(12_000)
    expect(first.problems()).toContain('store-failed')
    first.wanted.count = 3
    await world.clock.advance(3000)
    expect(first.running()).toBe(3)
    await world.clock.advance(10_000)
    first.wanted.count = 6
    await world.clock.advance(60_000)
    expect(first.running()).toBe(3)
    expect(first.web.status().problems).toContainEqual(
      expect.objectContaining({
        kind: 'ownership-in-doubt',
        message: expect.stringContaining('the database does not answer'),
      }),
    )
    expect(first.web.status().owner?.isHeld).toBe(false)
  })

  it('goes on when it can reach the store again and nobody took over, from the stored state', async () => {
    const world = new World()
    const { store, link } = cutOff(world.storage.open('first'))
    const first = world.controller('first', { store })
    await first.start()
    await world.clock.advance(5000)
    link.isCut = true
    await world.clock.advance(60_000)
    link.isCut = false
    first.wanted.count = 4
    await world.clock.advance(40_000)
    expect(first.running()).toBe(4)
    expect(first.web.status().owner).toMatchObject({ token: 2, isHeld: true })
    const recovered = first.told.filter(({ name }) => name === 'recovered').map(({ event }) => event)
    expect(recovered).toContainEqual({ kind: 'ownership-in-doubt', about: '' })
  })

  it('makes no call once a standby has the group, names it, and comes back when that one has let go', async () => {
    const world = new World()
    const { store, link } = cutOff(world.storage.open('first'))
    const balancer = new ScriptedBalancer()
    const first = world.controller('first', { store, balancer, wanted: 2 })
    await first.start()
    await world.clock.advance(5000)
    link.isCut = true
    const standby = world.controller('second', { wanted: 3 })
    await world.takeOver(standby)
    await world.clock.advance(5000)
    expect(standby.running()).toBe(3)
    const [mutations, syncs] = [first.mutations(), balancer.syncs.length]
    link.isCut = false
    first.wanted.count = 7
    await world.clock.advance(120_000)
    expect([first.mutations(), balancer.syncs.length]).toEqual([mutations, syncs])
    expect(standby.running()).toBe(3)
    expect(first.web.status().owner).toMatchObject({ who: 'second', token: 2, isHeld: false })
    const lost = first.told.find(({ event }) => 'kind' in event && event.kind === 'ownership-lost')
    expect(lost?.event).toMatchObject({
      message: expect.stringContaining('second holds the group since 2026-'),
    })
    await world.clock.runUntil(standby.web.stop())
    await world.clock.advance(60_000)
    expect(first.running()).toBe(7)
    expect(first.web.status().owner).toMatchObject({ token: 3, isHeld: true })
    expect(balancer.ids.length).toBe(7)
  })

  it('carries out nothing of its old plan: it goes on from what the other stored', async () => {
    const world = new World()
    const { store, link } = cutOff(world.storage.open('first'))
    const first = world.controller('first', { store })
    await first.start()
    await world.clock.advance(5000)
    link.isCut = true
    const standby = world.controller('second')
    await world.takeOver(standby)
    await standby.web.pause('scaling')
    await standby.web.setDesired(5)
    await world.clock.advance(5000)
    await world.clock.runUntil(standby.web.stop())
    link.isCut = false
    await world.clock.advance(60_000)
    expect(first.web.status()).toMatchObject({ desired: 5, suspended: ['scaling'] })
    expect(first.running()).toBe(5)
  })

  it('refuses changes by hand, and ends nothing when it is told to end the group', async () => {
    const world = new World()
    const { store, link } = cutOff(world.storage.open('first'))
    const first = world.controller('first', { store, wanted: 2 })
    await first.start()
    await world.clock.advance(5000)
    link.isCut = true
    await world.takeOver(world.controller('second', { wanted: 2 }))
    await expect(first.web.setDesired(1)).rejects.toMatchObject({ code: 'conflict' })
    const stopped = first.web.stop({ terminate: true })
    await expect(world.clock.runUntil(stopped)).rejects.toMatchObject({ code: 'conflict' })
    expect(first.running()).toBe(2)
  })
})

describe('a clock that is set ahead by more than the lease', () => {
  const options = { wanted: 3, behavior: { scaleIn: { rates: [], windowMs: 60_000 } } }

  it('makes nothing too old once the group is owned again, and is told', async () => {
    const world = new World()
    const probe = new ScriptedProbe()
    const { start, web, wanted, problems, moves, running } = world.controller('first', { ...options, probe })
    await start()
    await world.clock.advance(30_000)
    probe.allSick = true
    wanted.count = 4
    await world.clock.advance(10_000)
    world.clock.jump(3 * 3_600_000)
    await world.clock.advance(30_000)
    expect(web.status().owner?.isHeld).toBe(true)
    expect(problems()).toContain('clock-jumped')
    expect(moves()).not.toContain('launching->failed')
    probe.allSick = false
    wanted.count = 1
    await world.clock.advance(20_000)
    expect(running()).toBe(4)
    await world.clock.advance(60_000)
    expect(running()).toBe(1)
  })

  it('shifts nothing that another controller has stored meanwhile', async () => {
    const world = new World()
    const first = world.controller('first', options)
    await first.start()
    await world.clock.advance(30_000)
    world.clock.jump(3 * 3_600_000)
    world.storage.holders.clear()
    const second = world.controller('second', options)
    await second.start()
    await world.clock.advance(40_000)
    await world.clock.runUntil(second.web.stop())
    await world.clock.advance(30_000)
    expect(first.web.status().owner).toMatchObject({ token: 3, isHeld: true })
    expect(first.problems()).not.toContain('clock-jumped')
    const since = first.web.status().instances.map(({ stateSince }) => stateSince)
    expect(Math.max(...since)).toBeLessThan(world.clock.now())
  })
})

describe('what is under way when the group is lost', () => {
  /** Loses the group now: the holder's clock shows that it slept for a minute, and another has it. */
  async function sleepAndLose(world: World, standby: Rig): Promise<void> {
    world.storage.holders.clear()
    await standby.start()
    world.clock.jump(60_000)
  }

  it('is not begun: a call that was queued behind a long one, right before it is made', async () => {
    const world = new World()
    const first = world.controller('first', { wanted: 2 })
    await first.start()
    await world.clock.advance(5000)
    const standby = world.controller('second', { wanted: 2 })
    await sleepAndLose(world, standby)
    const before = first.mutations()
    first.wanted.count = 9
    await world.clock.runUntil(first.web.tick())
    expect(first.mutations()).toBe(before)
  })

  it('is aborted: a launch, and the end of the group', async () => {
    const world = new World()
    const first = world.controller('first', { wanted: 2 })
    await first.start()
    await world.clock.advance(5000)
    const standby = world.controller('second', { wanted: 2 })
    first.backend.faults.terminate = { kind: 'slow', ms: 100_000 }
    const stopping = first.web.stop({ terminate: true })
    stopping.catch(() => {})
    await world.clock.advance(1000)
    world.storage.holders.clear()
    await standby.start()
    await world.clock.advance(11_000)
    await world.clock.runUntil(
      stopping.catch(() => {}),
      { maxMs: 5000 },
    )
    expect(standby.running()).toBe(2)
  })

  it('is noticed at the next save, long before a renewal is due', async () => {
    const world = new World()
    const balancer = new ScriptedBalancer()
    const first = world.controller('first', { wanted: 2, balancer, intervalMs: 1000 })
    await first.start()
    await world.clock.advance(2000)
    world.storage.holders.clear()
    await world.controller('second', { wanted: 2 }).start()
    const before = [first.mutations(), balancer.syncs.length]
    first.wanted.count = 5
    await world.clock.advance(1500)
    expect([first.mutations(), balancer.syncs.length]).toEqual(before)
    expect(first.problems()).toContain('ownership-lost')
    expect(first.problems()).not.toContain('store-failed')
  })
})

describe('a store that cannot be used at the start', () => {
  it('is told; the group is run from its labels, and stored once the store works', async () => {
    const world = new World()
    const before = world.controller('before', { wanted: 3 })
    await before.start()
    await world.clock.advance(5000)
    await world.clock.runUntil(before.web.stop())
    world.storage.texts.clear()
    world.storage.fault = full
    const { start, running, problems, wanted, told, web } = world.controller('first', { wanted: 3 })
    await start()
    wanted.count = 4
    await world.clock.advance(30_000)
    expect(running()).toBe(4)
    expect(problems()).toEqual(['store-failed'])
    expect(web.status().owner).toEqual({
      who: `process ${process.pid} on ${hostname()}`,
      since: expect.any(Number),
      token: undefined,
      isHeld: true,
    })
    world.storage.fault = undefined
    await world.clock.advance(30_000)
    expect(web.status().owner).toMatchObject({ token: 2, isHeld: true })
    expect(told.some(({ name }) => name === 'recovered')).toBe(true)
    expect(await world.storage.open().load('web')).toMatchObject({ kind: 'state', state: { desired: 4 } })
  })

  it('is read before it is written: pauses and protection that stand in it are not lost', async () => {
    const world = new World()
    const before = world.controller('before', { wanted: 3 })
    await before.start()
    await world.clock.advance(5000)
    await before.web.pause('scaling')
    await world.clock.runUntil(before.web.stop())
    world.storage.fault = down
    const first = world.controller('first', { wanted: 5 })
    await first.start()
    await world.clock.advance(5000)
    world.storage.fault = undefined
    await world.clock.advance(30_000)
    expect(first.web.status()).toMatchObject({ suspended: ['scaling'], desired: 3 })
  })

  it('turns out to be another’s: the group is left alone from then on', async () => {
    const world = new World()
    const first = world.controller('first', { wanted: 2 })
    await first.start()
    await world.clock.advance(5000)
    const { store, link } = cutOff(world.storage.open('second'))
    link.isCut = true
    const second = world.controller('second', { store, wanted: 2 })
    await second.start()
    await world.clock.advance(1000)
    link.isCut = false
    second.wanted.count = 6
    await world.clock.advance(60_000)
    second.wanted.count = 1
    await world.clock.advance(60_000)
    expect(second.problems()).toContain('ownership-lost')
    expect(second.web.status().owner).toMatchObject({ who: 'first', isHeld: false })
    expect(first.web.status().owner?.isHeld).toBe(true)
  })

  it.each(['closed', 'conflict', 'unsupported'] as const)('that says %s rejects', async (code) => {
    const world = new World()
    world.storage.fault = new FlotillaError(code, 'no')
    await expect(world.controller('first').start()).rejects.toMatchObject({ code })
  })

  it('holds for one without leases too', async () => {
    const world = new World()
    let isDown = true
    const inner = memoryStore()
    const store: StateStore = {
      load: async (group) => (isDown ? Promise.reject(down) : inner.load(group)),
      save: async (group, state) => (isDown ? Promise.reject(down) : inner.save(group, state)),
    }
    const { start, running, problems } = world.controller('first', { store, wanted: 2 })
    await start()
    await world.clock.advance(5000)
    expect([running(), problems()]).toEqual([2, ['store-failed']])
    isDown = false
    await world.clock.advance(30_000)
    expect(await inner.load('web')).toMatchObject({ kind: 'state', state: { desired: 2 } })
  })
})

describe('a backend with a scope', () => {
  it('is held on this host beside the store: with another store the second is refused', async () => {
    const scope = `ownership test ${process.pid}`
    // Sockets are real, so time is too; a group of none needs no time.
    const controller = (options: RigOptions & { readonly scope: string }): Autoscaler =>
      rig({
        min: 0,
        wanted: 0,
        fakeBackend: Object.assign(fakeBackend(), { scope: options.scope }),
        clock: systemClock,
        dryRun: options.dryRun,
      }).web
    const first = controller({ scope })
    await first.start()
    const second = controller({ scope })
    await expect(second.start()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('another controller of this very process'),
    })
    const others = [controller({ scope: `${scope} b` }), controller({ scope, dryRun: true })]
    for (const other of others) await other.start()
    await first.stop()
    await second.start()
    expect(second.status().owner).toMatchObject({ isHeld: true })
    for (const one of [second, ...others]) await one.stop()
  })
})
