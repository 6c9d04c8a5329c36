import { describe, expect, it } from 'vitest'
import { FlotillaError, memoryStore } from '../../src/index.js'
import { fakeBackend, FakeClock, once } from '../../src/testing/index.js'
import { ScriptedBalancer, ScriptedProbe, rig } from './harness.js'

describe('a group grows', () => {
  it('to its minimum, and to what its policy wants', async () => {
    const { start, web, wanted, clock, running, moves } = rig({ min: 2 })
    await start()
    await clock.advance(100)
    expect(running()).toBe(2)
    wanted.count = 4
    await clock.advance(10_000)
    expect(running()).toBe(4)
    expect(new Set(moves())).toEqual(new Set(['new->launching', 'launching->in-service']))
    expect(web.status()).toMatchObject({ desired: 4, min: 2, max: 10 })
  })

  it('admits an instance to the balancer only once its probe has passed, without waiting for a tick', async () => {
    const balancer = new ScriptedBalancer()
    const probe = new ScriptedProbe()
    probe.allSick = true
    const { start, clock, inService } = rig({ balancer, probe })
    await start()
    await clock.advance(3000)
    expect(balancer.ids).toEqual([])
    probe.allSick = false
    await clock.advance(1500)
    expect(inService().length).toBe(1)
    expect(balancer.ids).toEqual(inService())
  })

  it('keeps a warming instance in the balancer and out of the averages', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, web, inService } = rig({ balancer, warmupMs: 25_000 })
    await start()
    await clock.advance(5000)
    expect(web.status().instances.map(({ state }) => state)).toEqual(['warming'])
    expect(balancer.ids.length).toBe(1)
    await clock.advance(21_000)
    expect(inService().length).toBe(1)
  })

  it('launches no more at a time than it may', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, launchMs: 1000 })
    const { start, running } = rig({
      min: 7,
      fakeBackend: backend,
      fakeClock: clock,
      launch: { parallel: 3 },
    })
    await start()
    await clock.advance(500)
    expect(backend.calls.launched.length).toBe(3)
    await clock.advance(1000)
    expect(backend.calls.launched.length).toBe(6)
    await clock.advance(2000)
    expect(running()).toBe(7)
  })

  it('polls a booting machine between ticks', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, bootMs: 3000, supports: { watch: false } })
    const { start, inService } = rig({ fakeBackend: backend, fakeClock: clock, intervalMs: 60_000 })
    await start()
    await clock.advance(6000)
    expect(inService().length).toBe(1)
  })
})

describe('a launch that fails', () => {
  it('is tried again with the same token, after a wait that grows', async () => {
    const { start, backend, clock, told, running } = rig()
    const error = new FlotillaError('no-capacity', 'launch: no host has room')
    backend.faults.launch = once({ kind: 'fail', error }, 3)
    await start()
    await clock.advance(20_000)
    expect(running()).toBe(1)
    expect(new Set(backend.calls.launched.map(({ token }) => token)).size).toBe(1)
    const waits = told
      .filter(({ name }) => name === 'backoff')
      .map(({ event }) => (event as { failures: number }).failures)
    expect(waits).toEqual([1, 2, 3])
  })

  it('now and then, among many that come to serve, does not hold up the others ever longer', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, launchMs: 2000 })
    const { start, running, told } = rig({ min: 100, max: 100, fakeBackend: backend, fakeClock: clock })
    const error = new FlotillaError('launch-failed', 'launch: the host could not build it')
    let launches = 0
    backend.faults.launch = () => {
      launches += 1
      return launches % 8 === 0 ? { kind: 'fail', error } : undefined
    }
    await start()
    await clock.advance(240_000)
    expect(running()).toBe(100)
    const waits = told
      .filter(({ name }) => name === 'backoff')
      .map(({ event }) => (event as { failures: number }).failures)
    expect(Math.max(...waits)).toBeLessThanOrEqual(5)
  })

  it('is one machine when only its reply was lost', async () => {
    const { start, backend, clock, running, web } = rig()
    backend.faults.launch = once({ kind: 'lose-reply' })
    await start()
    await clock.advance(30_000)
    expect(running()).toBe(1)
    expect(web.status().instances.length).toBe(1)
  })

  it('ends at its deadline when the backend hangs, and the loop goes on', async () => {
    const { start, backend, clock, running, problems } = rig({ timeouts: { launchMs: 5000 } })
    backend.faults.launch = once({ kind: 'hang' })
    await start()
    await clock.advance(20_000)
    expect(problems()).toEqual(['launch-failed'])
    expect(running()).toBe(1)
  })

  it('is replaced when it never becomes ready', async () => {
    const probe = new ScriptedProbe()
    probe.allSick = true
    const { start, clock, moves, backend, running } = rig({ probe, launch: { readyTimeoutMs: 30_000 } })
    await start()
    await clock.advance(29_000)
    const [first] = backend.machines.show('web')
    expect(moves()).toEqual(['new->launching'])
    await clock.advance(5000)
    expect(moves()).toContain('launching->failed')
    probe.allSick = false
    await clock.advance(20_000)
    expect(running()).toBe(1)
    expect(backend.machines.show('web')[0]?.id).not.toBe(first?.id)
  })
})

describe('a group shrinks', () => {
  it('drains a victim before it is terminated', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, wanted, running, moves, web } = rig({ balancer, wanted: 3 })
    await start()
    await clock.advance(1000)
    balancer.holds = true
    wanted.count = 2
    await clock.advance(30_000)
    expect(running()).toBe(3)
    expect(balancer.ids.length).toBe(2)
    expect(web.status().instances.filter(({ state }) => state === 'draining').length).toBe(1)
    balancer.release()
    await clock.advance(100)
    expect(running()).toBe(2)
    expect(moves().slice(-3)).toEqual(['in-service->draining', 'draining->terminating', 'terminating->gone'])
  })

  it('cancels a drain when load returns, and launches nothing', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, wanted, backend, running, moves } = rig({ balancer, wanted: 3 })
    await start()
    await clock.advance(1000)
    balancer.holds = true
    wanted.count = 1
    await clock.advance(10_000)
    expect(balancer.ids.length).toBe(1)
    wanted.count = 3
    await clock.advance(10_000)
    expect(balancer.ids.length).toBe(3)
    balancer.release()
    await clock.advance(60_000)
    expect(running()).toBe(3)
    expect(backend.calls.launched.length).toBe(3)
    expect(backend.calls.terminated).toEqual([])
    expect(moves()).toContain('draining->in-service')
  })

  it('does not take one drain for over because another change of the balancer is', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, wanted, backend, running } = rig({ balancer, wanted: 3 })
    await start()
    await clock.advance(1000)
    balancer.holds = true
    wanted.count = 2
    await clock.advance(10_000)
    const leaving = backend.machines.show('web').find(({ id }) => !balancer.ids.includes(id))!.id
    backend.crash(balancer.ids[0]!)
    balancer.holds = false
    await clock.advance(20_000)
    expect(balancer.syncs.length).toBeGreaterThan(3)
    expect(backend.machines.get(leaving)).toBeDefined()
    balancer.release()
    await clock.advance(20_000)
    expect(running()).toBe(2)
  })

  it('does not take a drain that timed out for over because a later change of the balancer went through', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, wanted, backend } = rig({ balancer, wanted: 3, timeouts: { balanceMs: 30_000 } })
    await start()
    await clock.advance(1000)
    balancer.holds = true
    wanted.count = 2
    await clock.advance(10_000)
    const leaving = backend.machines.show('web').find(({ id }) => !balancer.ids.includes(id))!.id
    balancer.holds = false
    wanted.count = 1
    await clock.advance(10_000)
    const callsBefore = balancer.syncs.length
    expect(backend.machines.show('web').length).toBe(2)
    await clock.advance(18_500)
    expect(backend.machines.get(leaving)).toBeDefined()
    await clock.advance(15_000)
    expect(balancer.syncs.length).toBeGreaterThan(callsBefore)
    expect(backend.machines.get(leaving)).toBeUndefined()
  })

  it('takes a launch under way before any that serves', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const { start, wanted, inService, moves, running } = rig({
      fakeBackend: backend,
      fakeClock: clock,
      wanted: 2,
      victims: 'oldest',
      probe: new ScriptedProbe(),
    })
    await start()
    await clock.advance(5000)
    const serving = inService()
    backend.faults.launch = { kind: 'slow', ms: 30_000 }
    wanted.count = 4
    await clock.advance(10_000)
    wanted.count = 2
    await clock.advance(60_000)
    expect(inService()).toEqual(serving)
    expect(running()).toBe(2)
    expect(moves()).not.toContain('in-service->terminating')
  })

  it('terminates nothing while the balancer cannot let go of it', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, wanted, running, problems } = rig({ balancer, wanted: 2 })
    await start()
    await clock.advance(1000)
    balancer.fault = new FlotillaError('unavailable', 'nginx: no such process')
    wanted.count = 1
    await clock.advance(60_000)
    expect(running()).toBe(2)
    expect(problems()).toEqual(['balance-failed'])
    balancer.fault = undefined
    await clock.advance(70_000)
    expect(running()).toBe(1)
  })

  it.each([
    ['oldest', 0],
    ['newest', 2],
    ['least-busy', 1],
  ] as const)('takes the %s first when told to', async (victims, index) => {
    const { start, clock, wanted, backend } = rig({ victims })
    await start()
    for (const count of [2, 3]) {
      wanted.count = count
      await clock.advance(10_000)
    }
    const ids = backend.machines.show('web').map(({ id }) => id)
    for (const [at, id] of ids.entries())
      backend.setUsage(id, { cpuRatio: at === 1 ? 0.1 : 0.9, memoryBytes: 1 })
    wanted.count = 2
    await clock.advance(20_000)
    const left = new Set(backend.machines.show('web').map(({ id }) => id))
    expect(ids.filter((id) => !left.has(id))).toEqual([ids[index]])
  })

  it('takes those of an older template first, by default', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, templateHash: 'a' })
    const { start, wanted, web } = rig({
      fakeBackend: backend,
      fakeClock: clock,
      victims: ['oldest-template', 'newest'],
    })
    await start()
    backend.setTemplate('b')
    wanted.count = 3
    await clock.advance(10_000)
    wanted.count = 2
    await clock.advance(20_000)
    expect(web.status().instances.map(({ templateHash }) => templateHash)).toEqual(['b', 'b'])
  })

  it('takes those not yet in service before any that serves', async () => {
    const probe = new ScriptedProbe()
    const { start, clock, wanted, backend, inService } = rig({ probe, victims: 'oldest' })
    await start()
    await clock.advance(1000)
    const [serving] = inService()
    probe.allSick = true
    probe.check = async ({ instance }) =>
      instance.id === serving ? { healthy: true } : { healthy: false, reason: 'starting' }
    wanted.count = 2
    await clock.advance(10_000)
    wanted.count = 1
    await clock.advance(10_000)
    expect(backend.machines.show('web').map(({ id }) => id)).toEqual([serving])
  })

  it('never takes a protected one, and says that it keeps more than desired', async () => {
    const { start, clock, wanted, web, running, problems, backend } = rig({ wanted: 3, victims: 'oldest' })
    await start()
    await clock.advance(1000)
    const ids = backend.machines.show('web').map(({ id }) => id)
    await web.protect(ids[0]!, ids[1]!)
    wanted.count = 1
    await clock.advance(20_000)
    expect(running()).toBe(2)
    expect(backend.calls.terminated.flatMap((call) => call.ids)).toEqual([ids[2]])
    expect(problems()).toEqual(['kept-over-desired'])
    await web.unprotect(ids[1]!)
    await clock.advance(20_000)
    expect(running()).toBe(1)
  })
})

describe('termination that fails', () => {
  it('is tried again, with a wait that grows, until it is done', async () => {
    const { start, clock, wanted, backend, running, problems } = rig({ wanted: 2 })
    await start()
    await clock.advance(1000)
    backend.faults.terminate = once(
      { kind: 'partial', ids: backend.machines.show('web').map(({ id }) => id) },
      3,
    )
    wanted.count = 1
    await clock.advance(30_000)
    expect(running()).toBe(1)
    expect(backend.calls.terminated.length).toBe(4)
    expect(problems()).toEqual(['terminate-failed'])
  })
})

describe('limits', () => {
  it('runs no more than max machines, those on their way out counted', async () => {
    const balancer = new ScriptedBalancer()
    const probe = new ScriptedProbe()
    const { start, clock, running, backend } = rig({ balancer, probe, wanted: 3, max: 3 })
    await start()
    await clock.advance(1000)
    balancer.holds = true
    probe.sick.add(backend.machines.show('web')[0]!.id)
    await clock.advance(60_000)
    expect(running()).toBe(3)
    expect(backend.calls.launched.length).toBe(3)
    balancer.release()
    await clock.advance(20_000)
    expect(running()).toBe(3)
    expect(backend.calls.launched.length).toBe(4)
  })
})

describe('a store', () => {
  it('is asked before anything is launched, so that a crash cannot make it twice', async () => {
    const store = memoryStore()
    const order: string[] = []
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const launch = backend.launch.bind(backend)
    backend.launch = async (...call) => {
      order.push(`launch ${call[0].token}`)
      return launch(...call)
    }
    const save = store.save.bind(store)
    store.save = async (group, state) => {
      order.push(
        `save ${(state as { intents: { token: string }[] }).intents.map(({ token }) => token).join()}`,
      )
      return save(group, state)
    }
    const { start } = rig({ store, fakeBackend: backend, fakeClock: clock })
    await start()
    const launched = order.findIndex((line) => line.startsWith('launch'))
    const token = order[launched]?.split(' ')[1]
    expect(order.slice(0, launched)).toContain(`save ${token}`)
  })
})
