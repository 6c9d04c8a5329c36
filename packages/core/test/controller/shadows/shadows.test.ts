import { describe, expect, it } from 'vitest'
import {
  type DecisionTrace,
  type Json,
  type Policy,
  type ShadowTrace,
  adaptive,
  customPolicy,
  explain,
  fixed,
  memoryStore,
  targetTracking,
} from '../../../src/index.js'
import { Shadows } from '../../../src/controller/shadows/shadows.js'
import { undamped } from '../../../src/decide/behavior.js'
import { FakeClock, fakeBackend } from '../../../src/testing/index.js'
import { at, observe, perInstance } from '../../observations.js'
import { type Rig, rig } from '../harness.js'

const last = ({ web }: Rig): DecisionTrace => {
  const trace = web.status().lastDecision
  if (trace === undefined) throw new Error('nothing was decided')
  return trace
}
const shadowOf = (group: Rig, name: string): ShadowTrace | undefined =>
  last(group).shadows?.find((shadow) => shadow.name === name)

/** Counts its evaluations in its state, and says how many it has seen. */
const counting: Policy = {
  name: 'counting',
  metrics: [],
  evaluate: ({ state }) => {
    const seen = typeof state === 'number' ? state + 1 : 1
    return { proposal: { kind: 'count', count: 3, reason: `asked ${seen} times` }, state: seen }
  },
}

/** Every way to go wrong that comes back. */
const failing: readonly (readonly [string, Policy['evaluate']])[] = [
  [
    'throws',
    () => {
      throw new Error('no idea')
    },
  ],
  ['gives nothing', () => undefined as never],
  ['gives a count that is none', () => ({ proposal: { kind: 'count', count: Number.NaN, reason: '' } })],
  [
    'gives a state that is no JSON',
    () => {
      const state: Record<string, unknown> = {}
      state['self'] = state
      return { proposal: { kind: 'count', count: 9, reason: 'x' }, state: state as Json }
    },
  ],
  [
    'gives a state without end',
    () => ({ proposal: { kind: 'count', count: 9, reason: 'x' }, state: 'x'.repeat(200_000) }),
  ],
  [
    'gives a trace that is no JSON',
    () => ({
      proposal: { kind: 'count', count: 9, reason: 'x' },
      parts: [1n] as never,
    }),
  ],
  [
    'changes the readings',
    ({ readings }) => {
      for (const reading of readings.all) (reading as { at: number }).at = 0
      return { proposal: { kind: 'count', count: 9, reason: 'x' } }
    },
  ],
  [
    'changes the instances',
    ({ observation }) => {
      ;(observation.instances as unknown[]).length = 0
      return { proposal: { kind: 'count', count: 9, reason: 'x' } }
    },
  ],
  [
    'changes an instance',
    ({ observation }) => {
      for (const instance of observation.instances) (instance as { isProtected: boolean }).isProtected = true
      return { proposal: { kind: 'count', count: 9, reason: 'x' } }
    },
  ],
]

describe('a shadow', () => {
  it('is asked at every tick, decides from the same, and moves nothing', async () => {
    const group = rig({ wanted: 2, shadow: { six: fixed(6), same: fixed(2) } })
    await group.start()
    await group.clock.advance(30_000)
    expect(group.running()).toBe(2)
    expect(last(group).shadows).toMatchObject([
      { name: 'six', desired: 6, outcome: 'scale-out', reason: 'fixed(6): fixed at 6' },
      { name: 'same', desired: 2, outcome: 'hold' },
    ])
    const traces = group.told.filter(({ name }) => name === 'decision')
    expect(traces).toHaveLength(4)
    for (const { event } of traces) expect((event as DecisionTrace).shadows).toHaveLength(2)
    expect(group.told.filter(({ name }) => name === 'scaled')).toHaveLength(1)
  })

  it('leaves no trace where there is none', async () => {
    const group = rig()
    await group.start()
    expect('shadows' in last(group)).toBe(false)
  })

  it('sees the readings that the active one sees', async () => {
    const group = rig({ wanted: 2, shadow: { cpu: targetTracking({ metric: 'cpu', target: 0.5 }) } })
    await group.start()
    await group.clock.advance(1000)
    for (const { id } of group.backend.machines.show('web'))
      group.backend.setUsage(id, { cpuRatio: 0.9, memoryBytes: 1 })
    await group.clock.advance(20_000)
    expect(shadowOf(group, 'cpu')).toMatchObject({ desired: 4, outcome: 'scale-out' })
    expect(group.running()).toBe(2)
  })

  it('keeps to the bounds of the group', async () => {
    const group = rig({ shadow: { many: fixed(99) } })
    await group.start()
    expect(shadowOf(group, 'many')).toMatchObject({ desired: 10, limitedBy: 'clamp' })
  })

  it('may be several policies, of which the largest count wins', async () => {
    const group = rig({ shadow: { both: [fixed(2), fixed(5)] } })
    await group.start()
    expect(shadowOf(group, 'both')?.desired).toBe(5)
  })

  it('has a window of its own', async () => {
    const group = rig({ wanted: 3, behavior: { scaleOut: { rates: [] } }, shadow: { one: fixed(1) } })
    await group.start()
    group.wanted.count = 1
    await group.clock.advance(10_000)
    // The group's window of 300 s remembers that 3 was wanted. The shadow never wanted it.
    expect(last(group)).toMatchObject({ desired: 3, limitedBy: 'stabilise' })
    expect(shadowOf(group, 'one')).toMatchObject({ desired: 1, outcome: 'scale-in' })
  })

  it('counts the changes of the group against its rates, and not those that it would have made', async () => {
    const behavior = {
      scaleOut: { rates: [{ count: 2, periodMs: 60_000 }] },
      scaleIn: { rates: [], windowMs: 0 },
    }
    const group = rig({ wanted: 1, behavior, shadow: { more: fixed(9) } })
    await group.start()
    for (let tick = 0; tick < 3; tick += 1) {
      await group.clock.advance(10_000)
      expect(shadowOf(group, 'more')).toMatchObject({ desired: 3, limitedBy: 'rate-limit' })
    }
    group.wanted.count = 2
    await group.clock.advance(10_000)
    expect(last(group).desired).toBe(2)
    await group.clock.advance(10_000)
    expect(shadowOf(group, 'more')).toMatchObject({ desired: 3, limitedBy: 'rate-limit' })
  })

  it('goes on from its stored state after a restart, and is forgotten when it is no longer asked for', async () => {
    const store = memoryStore()
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const shadow = { counting, other: counting }
    const first = rig({ store, fakeClock: clock, fakeBackend: backend, shadow })
    await first.start()
    await clock.advance(10_000)
    await clock.runUntil(first.web.stop())
    const next = rig({
      store,
      fakeClock: clock,
      fakeBackend: backend.reopen(),
      shadow: { counting, fresh: counting },
    })
    await next.start()
    expect(shadowOf(next, 'counting')?.reason).toBe('counting: asked 3 times')
    expect(shadowOf(next, 'fresh')?.reason).toBe('counting: asked 1 times')
    await clock.runUntil(next.web.stop())
    const stored = await store.load('web')
    expect(JSON.stringify(stored)).not.toContain('"other"')
  })

  it('hands what it has learnt to the active policy of its name, when it becomes that', async () => {
    const store = memoryStore()
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const first = rig({ store, fakeClock: clock, fakeBackend: backend, shadow: { new: counting } })
    await first.start()
    await clock.advance(10_000)
    await clock.runUntil(first.web.stop())
    const others = { store, fakeClock: clock, wanted: 1 }
    const second = rig({ ...others, fakeBackend: backend.reopen(), policy: [first.wanted.policy, counting] })
    await second.start()
    expect(last(second).policies.map(({ proposal }) => proposal.reason)).toEqual([
      'the test wants 1',
      'asked 3 times',
    ])
    await clock.runUntil(second.web.stop())
    const third = rig({ ...others, fakeBackend: backend.reopen(), policy: [counting], shadow: { counting } })
    await third.start()
    // It stands at another place of the list, and no shadow remembered it: it starts afresh, as any policy does.
    expect(last(third).policies[0]?.proposal.reason).toBe('asked 1 times')
    await clock.runUntil(third.web.stop())
    const fourth = rig({ ...others, fakeBackend: backend.reopen(), policy: [counting] })
    await fourth.start()
    await clock.advance(10_000)
    await clock.runUntil(fourth.web.stop())
    const fifth = rig({ ...others, fakeBackend: backend.reopen(), policy: [counting], shadow: { counting } })
    await fifth.start()
    expect(shadowOf(fifth, 'counting')?.reason).toBe('counting: asked 1 times')
    await clock.runUntil(fifth.web.stop())
    const sixth = rig({ ...others, fakeBackend: backend.reopen(), policy: [counting] })
    await sixth.start()
    // One that remembers for itself is not told what a shadow knows.
    expect(last(sixth).policies[0]?.proposal.reason).toBe('asked 5 times')
  })

  it.each(failing)('that %s disturbs neither the decision nor what is stored', async (_, evaluate) => {
    const store = memoryStore()
    const bad: Policy = { name: 'bad', metrics: [], evaluate }
    const alone = rig({ wanted: 2 })
    const group = rig({ wanted: 2, store, shadow: { before: counting, bad, after: counting } })
    for (const one of [alone, group]) {
      await one.start()
      await one.clock.advance(20_000)
      one.wanted.count = 3
      await one.clock.advance(20_000)
    }
    const { shadows, ...active } = last(group)
    expect(active).toEqual(last(alone))
    expect(group.running()).toBe(3)
    expect(group.problems()).toEqual([])
    expect(group.web.status().instances.some(({ isProtected }) => isProtected)).toBe(false)
    expect(shadows?.map(({ name, desired }) => [name, desired])).toEqual([
      ['before', 3],
      ['bad', 3],
      ['after', 3],
    ])
    expect(() => JSON.stringify(last(group))).not.toThrow()
    expect((await store.load('web')).kind).toBe('state')
  })

  it('starts afresh when what was stored of it is spoilt', async () => {
    const store = memoryStore()
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const first = rig({ store, fakeClock: clock, fakeBackend: backend, shadow: { counting } })
    await first.start()
    await clock.runUntil(first.web.stop())
    const loaded = await store.load('web')
    if (loaded.kind !== 'state') throw new Error('nothing stored')
    await store.save('web', { ...(loaded.state as object), shadows: [{ name: 'counting', decision: 7 }] })
    const next = rig({ store, fakeClock: clock, fakeBackend: backend.reopen(), shadow: { counting } })
    await next.start()
    await clock.advance(20_000)
    expect(next.problems()).toEqual([])
    expect(shadowOf(next, 'counting')?.reason).toMatch(/asked \d times/)
    expect(next.running()).toBe(1)
  })

  it('keeps the ages of its windows when the clock is set', async () => {
    let wanted = 5
    const shifting = customPolicy({
      name: 'shifting',
      propose: () => ({ kind: 'count', count: wanted, reason: `wants ${wanted}` }),
    })
    const behavior = { scaleIn: { windowMs: 300_000 }, scaleOut: { rates: [] } }
    const group = rig({ wanted: 3, behavior, shadow: { shifting } })
    await group.start()
    await group.clock.advance(100_000)
    wanted = 1
    group.clock.jump(7_200_000)
    await group.clock.advance(10_000)
    expect(group.problems()).toEqual(['clock-jumped'])
    expect(shadowOf(group, 'shifting')).toMatchObject({ desired: 3, limitedBy: 'stabilise' })
    await group.clock.advance(300_000)
    expect(shadowOf(group, 'shifting')).toMatchObject({ desired: 1 })
    group.clock.jump(-3_600_000)
    await group.clock.advance(10_000)
    expect(shadowOf(group, 'shifting')?.reason).toContain('the clock went back')
  })

  it('watches while scaling is paused, and in a dry run', async () => {
    const paused = rig({ wanted: 2, shadow: { six: fixed(6) } })
    await paused.start()
    await paused.web.pause('scaling')
    await paused.clock.advance(20_000)
    expect(shadowOf(paused, 'six')?.desired).toBe(6)
    const dry = rig({ wanted: 2, min: 0, dryRun: true, shadow: { six: fixed(6) } })
    await dry.start()
    expect(shadowOf(dry, 'six')?.desired).toBe(6)
  })

  it('lets adaptive learn beside another policy, until it is trusted', async () => {
    const group = rig({ wanted: 2, shadow: { adaptive: adaptive() } })
    await group.start()
    await group.clock.advance(1000)
    for (const { id } of group.backend.machines.show('web'))
      group.backend.setUsage(id, { cpuRatio: 0.6, memoryBytes: 1 })
    await group.clock.advance(30_000)
    expect(shadowOf(group, 'adaptive')?.reason).toContain('still learning')
    await group.clock.advance(300_000)
    expect(shadowOf(group, 'adaptive')?.reason).toContain('forecast')
    expect(group.running()).toBe(2)
  })

  it('is named when a decision is explained', async () => {
    const group = rig({ shadow: { six: fixed(6), same: fixed(1) } })
    await group.start()
    expect(explain(last(group))).toContain(
      'Shadows:\n  six would go to 6: fixed(6): fixed at 6\n  same would stay at 1: fixed(1): fixed at 1',
    )
  })
})

describe('the time of a shadow', () => {
  it('is a hundredth at most: one that took longer rests', () => {
    let nowMs = 0
    const slow = customPolicy({
      name: 'slow',
      propose: () => {
        nowMs += 400
        return { kind: 'count', count: 5, reason: 'slow' }
      },
    })
    const shadows = new Shadows({
      shadows: [{ name: 'slow', policies: [slow], behavior: undamped }],
      bounds: { min: 1, max: 9, missing: new Map() },
      clock: { monotonic: () => nowMs },
    })
    let states = new Map() as Parameters<typeof shadows.decide>[0]
    const desired: number[] = []
    for (let tick = 0; tick < 8; tick += 1) {
      nowMs = tick * 15_000
      const readings = perInstance('cpu', [0.5, 0.5])
      const next = shadows.decide(states, { ...observe(2, 2), at: at + nowMs }, readings, 2)
      states = next.states
      expect(states.size).toBe(1)
      desired.push(next.traces[0]?.desired ?? -1)
    }
    // 400 ms are a hundredth of 40 s: two ticks of three are left out.
    expect(desired).toEqual([5, 2, 2, 5, 2, 2, 5, 2])
  })
})
