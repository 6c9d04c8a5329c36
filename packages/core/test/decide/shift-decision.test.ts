import { describe, expect, it } from 'vitest'
import {
  type DecisionState,
  type Policy,
  customPolicy,
  dampen,
  decide,
  fixed,
  scheduledActions,
  targetTracking,
  undamped,
} from '../../src/index.js'
import { fullBehavior } from '../../src/authoring.js'
import { shiftDecision } from '../../src/decide/shift-decision.js'
import { rig } from '../controller/harness.js'
import { at, observe, perInstance } from '../observations.js'

const hourMs = 3_600_000
const base = { min: 0, max: 10, behavior: undamped, missing: new Map() }

describe('a clock that is set ahead', () => {
  it('leaves the last known values as old as they were', () => {
    const policies = [targetTracking({ metric: 'cpu', target: 0.5 })]
    const missing = new Map([['cpu', { kind: 'last', maxAgeMs: 60_000 } as const]])
    const options = { ...base, policies, missing }
    const first = decide(options, undefined, observe(2, 2), perInstance('cpu', [0.9, 0.9]))
    const next = (state: DecisionState, byMs: number): string => {
      const now = at + byMs + 15_000
      const absent = perInstance('cpu', [undefined, undefined]).map((one) => ({ ...one, at: now }))
      return decide(options, state, { ...observe(2, 2), at: now }, absent).trace.outcome
    }
    expect(next(first.state, 0)).toBe('scale-out')
    expect(next(first.state, hourMs)).toBe('hold')
    expect(next(shiftDecision(first.state, hourMs, policies), hourMs)).toBe('scale-out')
  })

  it('moves what every policy remembers, those inside others too', () => {
    const low = { scaleIn: { windowMs: 60_000 } }
    let wanted = 5
    const inner = customPolicy({
      name: 'inner',
      propose: () => ({ kind: 'count', count: wanted, reason: `wants ${wanted}` }),
    })
    const policies = [scheduledActions([{ cron: '0 0 1 1 *', min: 0, max: 9 }], dampen(inner, low)), fixed(0)]
    const options = { ...base, policies }
    const first = decide(options, undefined, observe(5, 5), [])
    wanted = 1
    const moved = shiftDecision(first.state, hourMs, policies)
    const desiredAt = (state: DecisionState, ms: number): number =>
      decide(options, state, { ...observe(5, 5), at: at + ms }, []).desired
    expect(desiredAt(first.state, hourMs + 15_000)).toBe(1)
    expect(desiredAt(moved, hourMs + 15_000)).toBe(5)
    expect(desiredAt(moved, hourMs + 61_000)).toBe(1)
  })

  it('moves the states of others that say how, and bears with one that cannot', () => {
    const remembering = (name: string, shiftState: Policy['shiftState']): Policy => ({
      name,
      metrics: [],
      evaluate: ({ state }) => ({ proposal: { kind: 'no-opinion', reason: 'none' }, state: state ?? 100 }),
      ...(shiftState === undefined ? {} : { shiftState }),
    })
    const policies = [
      remembering('moves', (state, byMs) => Number(state) + byMs),
      remembering('stays', undefined),
      remembering('fails', () => {
        throw new Error('no idea')
      }),
    ]
    const { state } = decide({ ...base, policies }, undefined, observe(1, 1), [])
    expect(shiftDecision(state, 7, policies).policies).toEqual([
      { policy: 'moves', state: 107 },
      { policy: 'stays', state: 100 },
      { policy: 'fails', state: 100 },
    ])
    // Another policy's memory, or none of ours, is nobody's to move.
    expect(shiftDecision(state, 7, policies.toReversed()).policies).toEqual([
      { policy: 'moves', state: 100 },
      { policy: 'stays', state: 100 },
      { policy: 'fails', state: 100 },
    ])
    expect(shiftDecision({ ...state, policies: 'spoilt' }, 7, policies).policies).toBe('spoilt')
  })

  it('is the business of decide when it is set back', () => {
    const { state } = decide(
      { ...base, behavior: fullBehavior(), policies: [fixed(1)] },
      undefined,
      observe(1, 1),
      [],
    )
    expect(shiftDecision(state, -5, [fixed(1)])).toBe(state)
  })

  it('ends no window of a policy of a running group', async () => {
    let wanted = 3
    const inner = customPolicy({
      name: 'inner',
      propose: () => ({ kind: 'count', count: wanted, reason: `wants ${wanted}` }),
    })
    const group = rig({ policy: dampen(inner, { scaleIn: { windowMs: 60_000 } }) })
    await group.start()
    await group.clock.advance(20_000)
    wanted = 1
    group.clock.jump(2 * hourMs)
    await group.clock.advance(10_000)
    expect(group.problems()).toEqual(['clock-jumped'])
    expect(group.web.status().desired).toBe(3)
    await group.clock.advance(60_000)
    expect(group.web.status().desired).toBe(1)
  })
})
