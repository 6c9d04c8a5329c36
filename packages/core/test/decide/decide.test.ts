import { describe, expect, it } from 'vitest'
import {
  type DecideOptions,
  type DecisionState,
  type Reading,
  customPolicy,
  decide,
  fixed,
  maxOf,
  stepScaling,
  targetTracking,
  threshold,
  undamped,
} from '../../src/index.js'
import { fullBehavior } from '../../src/authoring.js'
import { at, observe, ofGroup, perInstance } from '../observations.js'

const options = (given: Partial<DecideOptions> = {}): DecideOptions => ({
  min: 1,
  max: 10,
  policies: [targetTracking({ metric: 'cpu', target: 0.5 })],
  behavior: fullBehavior({ scaleIn: { windowMs: 60_000 } }),
  missing: new Map(),
  ...given,
})
const busy = (count: number, cpu: number | undefined): Reading[] =>
  perInstance(
    'cpu',
    Array.from({ length: count }, () => cpu),
  )

describe('decide', () => {
  it('takes its steps in order and writes each into the trace', () => {
    const { desired, trace } = decide(options(), undefined, observe(2, 2), busy(2, 0.9))
    expect(desired).toBe(4)
    expect(trace.outcome).toBe('scale-out')
    expect(trace.steps.map(({ step, got, gave }) => [step, got, gave])).toEqual([
      ['bounds', 2, 2],
      ['combine', 2, 4],
      ['stabilise', 4, 4],
      ['rate-limit', 4, 4],
      ['clamp', 4, 4],
    ])
    expect(trace.steps.every(({ why }) => why.length > 0)).toBe(true)
    expect(trace.reason).toBe('targetTracking(cpu 0.5): cpu 0.9 over 2 is 1.8 x the target 0.5')
    expect(trace.metrics).toMatchObject([{ name: 'cpu', presentCount: 2, absentCount: 0, mean: 0.9 }])
  })

  it('writes the trace when nothing happens, too', () => {
    const { trace } = decide(options(), undefined, observe(2, 2), busy(2, 0.5))
    expect(trace).toMatchObject({ outcome: 'hold', current: 2, desired: 2 })
    expect(trace.limitedBy).toBeUndefined()
    expect(trace.reason).toContain('within tolerance')
  })

  it.each([
    [0, 1, 'below min'],
    [12, 10, 'above max'],
  ])('mends a count of %i to %i without reading any metric', (current, wanted, why) => {
    const never = customPolicy({
      name: 'never',
      propose: () => {
        throw new Error('asked')
      },
    })
    const { desired, trace } = decide(options({ policies: [never] }), undefined, observe(current, 0), [])
    expect(desired).toBe(wanted)
    expect(trace.reason).toContain(why)
    expect(trace.policies).toEqual([])
  })

  it('takes the largest count of several policies', () => {
    const policies = [fixed(3), fixed(6), fixed(4)]
    expect(decide(options({ policies }), undefined, observe(5, 5), []).desired).toBe(6)
  })

  it.each([
    ['in', { scaleIn: { windowMs: 60_000 } }, [50, 50, 50, 30, 30, 30, 30], [5, 5, 5, 5, 5, 5, 4]],
    ['out', { scaleOut: { windowMs: 45_000 } }, [50, 70, 50, 70, 70, 70, 70], [5, 5, 5, 5, 5, 6, 6]],
  ])(
    'a policy without an opinion wants the size there is: one blip moves nothing, on the way %s',
    (_, behavior, values, sizes) => {
      const policies = [
        stepScaling({ metric: 'm', threshold: 40, steps: [{ upper: 0, adjust: -1 }] }),
        stepScaling({ metric: 'm', threshold: 60, steps: [{ lower: 0, adjust: 1 }] }),
      ]
      const given = options({ policies, behavior: fullBehavior(behavior, undamped) })
      let state: DecisionState | undefined
      let desired = 5
      const followed = values.map((value, tick) => {
        const now = at + tick * 15_000
        const observation = { ...observe(desired, desired), at: now }
        const decision = decide(given, state, observation, [{ ...ofGroup('m', value), at: now }])
        state = decision.state
        desired = decision.desired
        return desired
      })
      expect(followed).toEqual(sizes)
    },
  )

  it('never shrinks while a policy cannot tell, and says which', () => {
    const policies = [fixed(1), targetTracking({ metric: 'cpu', target: 0.5 })]
    const { desired, trace } = decide(options({ policies }), undefined, observe(5, 5), busy(5, undefined))
    expect(desired).toBe(5)
    expect(trace.limitedBy).toBe('combine')
    expect(trace.reason).toContain('targetTracking(cpu 0.5) cannot tell')
  })

  it('still grows while a policy cannot tell', () => {
    const policies = [fixed(8), targetTracking({ metric: 'cpu', target: 0.5 })]
    expect(decide(options({ policies }), undefined, observe(5, 5), busy(5, undefined)).desired).toBe(8)
  })

  it('holds when every metric is missing: an outage scales nothing to zero', () => {
    const { desired } = decide(options({ min: 0 }), undefined, observe(5, 5), busy(5, undefined))
    expect(desired).toBe(5)
  })

  it('holds a group that was just found for the length of its window', () => {
    const first = decide(options(), undefined, observe(5, 5), busy(5, 0.01))
    expect(first.desired).toBe(5)
    expect(first.trace.limitedBy).toBe('stabilise')
    const later = { ...observe(5, 5), at: at + 60_000 }
    expect(decide(options(), first.state, later, busy(5, 0.01)).desired).toBe(1)
  })

  it('clamps to max after the rate rules, and keeps what was wanted in the trace', () => {
    const { desired, trace } = decide(options({ max: 6 }), undefined, observe(5, 5), busy(5, 0.9))
    expect(desired).toBe(6)
    expect(trace.limitedBy).toBe('clamp')
    expect(trace.steps.find(({ step }) => step === 'combine')?.gave).toBe(9)
  })

  it('continues bit for bit from state that was stored as JSON', () => {
    const policies = [maxOf(threshold({ metric: 'cpu', above: 0.6, below: 0.3 }), fixed(2))]
    const loads = [0.9, 0.9, 0.1, 0.1, 0.1, 0.5, 0.1, 0.1]
    const run = (store: (state: DecisionState) => DecisionState): unknown[] => {
      let state: DecisionState | undefined
      let desired = 2
      return loads.map((cpu, tick) => {
        const observation = { ...observe(desired, desired), at: at + tick * 15_000 }
        const decision = decide(options({ policies }), state, observation, busy(desired, cpu))
        state = store(decision.state)
        desired = decision.desired
        return decision.trace
      })
    }
    const stored = (state: DecisionState): DecisionState => JSON.parse(JSON.stringify(state)) as DecisionState
    expect(run(stored)).toEqual(run((state) => state))
  })
})

describe('decide with missing values', () => {
  const policies = [threshold({ metric: 'jobs', above: 10, below: 5 })]

  it('leaves everything undone when a metric must not be missing', () => {
    const missing = new Map([['jobs', { kind: 'fail' } as const]])
    const given = options({ policies: [fixed(9), ...policies], missing })
    const { desired, trace } = decide(given, undefined, observe(3, 3), [ofGroup('jobs', undefined)])
    expect(desired).toBe(3)
    expect(trace.reason).toContain('jobs is missing and must not be')
  })

  it('lets the last known value stand in, up to its age', () => {
    const missing = new Map([['jobs', { kind: 'last', maxAgeMs: 20_000 } as const]])
    const given = options({ policies, missing })
    const first = decide(given, undefined, observe(3, 3), [ofGroup('jobs', 20)])
    expect(first.desired).toBe(4)
    const blind = (desired: number, ageMs: number, state: DecisionState): ReturnType<typeof decide> =>
      decide(given, state, { ...observe(desired, desired), at: at + ageMs }, [ofGroup('jobs', undefined)])
    const second = blind(4, 15_000, first.state)
    expect(second.desired).toBe(5)
    expect(second.trace.notes.join()).toContain('jobs')
    expect(blind(5, 30_000, second.state).trace.reason).toContain('jobs is missing')
  })

  it('assumes a value when told to', () => {
    const missing = new Map([['jobs', { kind: 'assume', value: 20 } as const]])
    const { desired } = decide(options({ policies, missing }), undefined, observe(3, 3), [
      ofGroup('jobs', undefined),
    ])
    expect(desired).toBe(4)
  })
})

describe('decide when the clock goes back', () => {
  it('holds once, says so, and keeps the ages of what it remembers', () => {
    const policies = [fixed(1)]
    const given = options({ policies, behavior: fullBehavior({ scaleIn: { windowMs: 60_000 } }) })
    const first = decide(given, undefined, observe(5, 5), [])
    const back = at - 3_600_000
    const second = decide(given, first.state, { ...observe(5, 5), at: back }, [])
    expect(second.desired).toBe(5)
    expect(second.trace.reason).toBe('the clock went back by 3600 s')
    const third = decide(given, second.state, { ...observe(5, 5), at: back + 30_000 }, [])
    expect(third.trace.limitedBy).toBe('stabilise')
    const fourth = decide(given, third.state, { ...observe(5, 5), at: back + 60_000 }, [])
    expect(fourth.desired).toBe(1)
  })
})
