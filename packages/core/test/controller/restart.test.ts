import { describe, expect, it } from 'vitest'
import { FlotillaError, type StateStore, memoryStore } from '../../src/index.js'
import { fakeBackend, FakeClock, once } from '../../src/testing/index.js'
import { ScriptedBalancer, ScriptedProbe, rig } from './harness.js'

/** A controller that is killed: nothing more of it happens, and nothing is told to it. */
function world(): { clock: FakeClock; backend: ReturnType<typeof fakeBackend>; store: StateStore } {
  const clock = new FakeClock()
  return { clock, backend: fakeBackend({ clock }), store: memoryStore() }
}

describe('after a restart', () => {
  it('finds its group, with and without its state, and launches nothing', async () => {
    const { clock, backend, store } = world()
    const first = rig({ wanted: 3, fakeBackend: backend, fakeClock: clock, store })
    await first.start()
    await clock.advance(5000)
    await clock.runUntil(first.web.stop())
    for (const kept of [store, memoryStore()]) {
      const next = rig({ wanted: 3, fakeBackend: backend.reopen(), fakeClock: clock, store: kept })
      await next.start()
      await clock.advance(20_000)
      expect(next.running()).toBe(3)
      expect(next.inService().length).toBe(3)
      expect(next.backend.calls.launched).toEqual([])
      await clock.runUntil(next.web.stop())
    }
  })

  it('brings the balancer to the whole group at its first tick', async () => {
    const { clock, backend, store } = world()
    const probe = new ScriptedProbe()
    const first = rig({ wanted: 3, fakeBackend: backend, fakeClock: clock, store, probe })
    await first.start()
    await clock.advance(5000)
    await clock.runUntil(first.web.stop())
    const balancer = new ScriptedBalancer()
    const next = rig({ wanted: 3, fakeBackend: backend.reopen(), fakeClock: clock, probe, balancer })
    await next.start()
    expect(balancer.syncs[0]?.length).toBe(3)
    await clock.runUntil(next.web.stop())
  })

  it('takes up a launch whose reply it never got', async () => {
    const { clock, backend, store } = world()
    const first = rig({ wanted: 2, fakeBackend: backend, fakeClock: clock, store })
    backend.faults.launch = once({ kind: 'stall' }, 2)
    await first.start()
    await clock.advance(100)
    const tokens = backend.calls.launched.map(({ token }) => token).toSorted()
    await clock.runUntil(first.web.stop())
    const next = rig({ wanted: 2, fakeBackend: backend.reopen(), fakeClock: clock, store })
    await next.start()
    await clock.advance(5000)
    expect(next.backend.calls.launched.map(({ token }) => token).toSorted()).toEqual(tokens)
    expect(next.running()).toBe(2)
  })

  it('finishes a drain that was cut off', async () => {
    const { clock, backend, store } = world()
    const balancer = new ScriptedBalancer()
    const first = rig({ wanted: 3, fakeBackend: backend, fakeClock: clock, store, balancer })
    await first.start()
    await clock.advance(5000)
    balancer.holds = true
    first.wanted.count = 1
    await clock.advance(10_000)
    await clock.runUntil(first.web.stop())
    expect(first.running()).toBe(3)
    const next = rig({
      wanted: 1,
      fakeBackend: backend.reopen(),
      fakeClock: clock,
      store,
      balancer: new ScriptedBalancer(),
    })
    await next.start()
    await clock.advance(10_000)
    expect(next.running()).toBe(1)
    expect(next.moves()).toContain('draining->terminating')
  })

  it('still damps: the scale-in window goes on where it was', async () => {
    const { clock, backend, store } = world()
    const behavior = { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: 60_000 } }
    const first = rig({ wanted: 4, fakeBackend: backend, fakeClock: clock, store, behavior })
    await first.start()
    await clock.advance(30_000)
    first.wanted.count = 1
    await clock.advance(30_000)
    await clock.runUntil(first.web.stop())
    const next = rig({ wanted: 1, fakeBackend: backend.reopen(), fakeClock: clock, store, behavior })
    await next.start()
    await clock.advance(20_000)
    expect(next.running()).toBe(4)
    await clock.advance(40_000)
    expect(next.running()).toBe(1)
  })

  it('still protects, keeps its pauses and the count set by hand', async () => {
    const { clock, backend, store } = world()
    const first = rig({ wanted: 3, fakeBackend: backend, fakeClock: clock, store, victims: 'oldest' })
    await first.start()
    await clock.advance(5000)
    const id = backend.machines.show('web')[0]!.id
    await first.web.protect(id)
    await first.web.pause('scaling')
    await first.web.setDesired(2)
    await clock.advance(1000)
    await clock.runUntil(first.web.stop())
    const next = rig({ wanted: 5, fakeBackend: backend.reopen(), fakeClock: clock, store, victims: 'oldest' })
    await next.start()
    await clock.advance(30_000)
    expect(next.running()).toBe(2)
    expect(next.web.status().suspended).toEqual(['scaling'])
    expect(backend.machines.get(id)).toBeDefined()
  })

  it('adopts the group when its state is damaged, and says so', async () => {
    const { clock, backend } = world()
    const first = rig({ wanted: 3, fakeBackend: backend, fakeClock: clock })
    await first.start()
    await clock.advance(5000)
    await clock.runUntil(first.web.stop())
    const damaged: StateStore = {
      ...memoryStore(),
      load: async () => ({ kind: 'damaged', reason: 'web.json is cut off' }),
      save: async () => {},
    }
    const next = rig({ wanted: 3, fakeBackend: backend.reopen(), fakeClock: clock, store: damaged })
    await next.start()
    await clock.advance(10_000)
    expect(next.running()).toBe(3)
    expect(next.problems()).toEqual(['state-damaged'])
  })

  it.each([[null], [{}], ['text'], [{ members: [], intents: [], suspended: [], desired: 'three' }]])(
    'adopts the group when the store gives %j',
    async (state) => {
      const { clock, backend } = world()
      const store: StateStore = {
        ...memoryStore(),
        load: async () => ({ kind: 'state', state }),
        save: async () => {},
      }
      const { start, problems, running } = rig({ fakeBackend: backend, fakeClock: clock, store })
      await start()
      await clock.advance(1000)
      expect(problems()).toEqual(['state-damaged'])
      expect(running()).toBe(1)
    },
  )

  it('never lists or ends the machines of others', async () => {
    const { clock, backend, store } = world()
    const strangers = [backend.addForeign(), backend.addForeign({ group: 'web2', token: 'x' })]
    const { start, wanted, running, web } = rig({ wanted: 4, fakeBackend: backend, fakeClock: clock, store })
    await start()
    await clock.advance(5000)
    wanted.count = 1
    await clock.advance(20_000)
    expect(running()).toBe(1)
    await clock.runUntil(web.stop({ terminate: true }))
    expect(running()).toBe(0)
    for (const id of strangers) expect(backend.machines.get(id)).toBeDefined()
  })
})

it('ends what was made ahead only when the group itself ends, and after its instances', async () => {
  const { clock, backend, store } = world()
  const seen: string[] = []
  const { start, web, running } = rig({
    wanted: 2,
    fakeBackend: Object.assign(backend, {
      endGroup: async (group: string) => {
        seen.push(`${group} with ${running()} running`)
        return { done: [], failed: [] }
      },
    }),
    fakeClock: clock,
    store,
  })
  await start()
  await clock.advance(5000)
  expect(seen).toEqual([])
  await clock.runUntil(web.stop({ terminate: true }))
  expect(seen).toEqual(['web with 0 running'])
})

it('ignores what a backend lists of another group', async () => {
  const clock = new FakeClock()
  const backend = fakeBackend({ clock })
  const stranger = backend.addForeign({ group: 'other', token: 'x' })
  const list = backend.list.bind(backend)
  backend.list = async (_, options) => [...(await list('web', options)), ...(await list('other', options))]
  const { start, web, wanted } = rig({ fakeBackend: backend, fakeClock: clock, min: 0, wanted: 1 })
  await start()
  wanted.count = 0
  await clock.advance(30_000)
  expect(backend.machines.get(stranger)).toBeDefined()
  expect(web.status().instances).toEqual([])
})

describe('stop', () => {
  it('leaves the group running', async () => {
    const { start, clock, web, running, told } = rig({ wanted: 2 })
    await start()
    await clock.advance(5000)
    await clock.runUntil(web.stop())
    await clock.advance(60_000)
    expect(running()).toBe(2)
    expect(told.at(-1)).toEqual({ name: 'stopped', event: { leftCount: 2 } })
  })

  it('ends everything but the protected ones when asked to, drained first', async () => {
    const balancer = new ScriptedBalancer()
    const { start, clock, web, backend, moves } = rig({ wanted: 3, balancer })
    await start()
    await clock.advance(5000)
    const kept = backend.machines.show('web')[0]!.id
    await web.protect(kept)
    await clock.runUntil(web.stop({ terminate: true }))
    expect(backend.machines.show('web').map(({ id }) => id)).toEqual([kept])
    expect(balancer.syncs.at(-1)).toEqual([kept])
    expect(moves().slice(-2)).toEqual(['in-service->gone', 'in-service->gone'])
  })

  it('ends a group that it never started, and not one that another controller holds', async () => {
    const { clock, backend } = world()
    const first = rig({ wanted: 2, fakeBackend: backend, fakeClock: clock })
    await first.start()
    await clock.advance(5000)
    const held: StateStore = {
      ...memoryStore(),
      acquire: async () => {
        throw new FlotillaError('conflict', 'process 42 holds it')
      },
    }
    const second = rig({ fakeBackend: backend.reopen(), fakeClock: clock, store: held })
    await expect(clock.runUntil(second.web.start())).rejects.toMatchObject({ code: 'conflict' })
    await expect(clock.runUntil(second.web.stop({ terminate: true }))).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(first.running()).toBe(2)
    await clock.runUntil(first.web.stop())
    const third = rig({ fakeBackend: backend.reopen(), fakeClock: clock })
    await clock.runUntil(third.web.stop({ terminate: true }))
    expect(third.running()).toBe(0)
  })

  it('ends what was being launched, too', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, launchMs: 10_000 })
    const { start, web } = rig({ wanted: 3, fakeBackend: backend, fakeClock: clock })
    await start()
    await clock.advance(5000)
    await clock.runUntil(web.stop({ terminate: true }))
    await clock.advance(60_000)
    expect(backend.machines.show('web')).toEqual([])
  })

  it('settles although the backend hangs', async () => {
    const { start, clock, web, backend } = rig()
    backend.faults.launch = { kind: 'hang' }
    await start()
    await clock.runUntil(web.stop(), { maxMs: 1000 })
    expect(web.status().instances.length).toBe(1)
  })

  it('may be called twice, before a start too, and nothing starts after it', async () => {
    const { web, clock, backend } = rig()
    await clock.runUntil(web.stop())
    await web.stop()
    await expect(web.start()).rejects.toMatchObject({ code: 'closed' })
    await expect(web.tick()).rejects.toMatchObject({ code: 'closed' })
    expect(backend.calls.launched).toEqual([])
  })
})
