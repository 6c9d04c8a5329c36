import {
  type DecisionTrace,
  FlotillaError,
  customPolicy,
  decide,
  firstOf,
  fixed,
  targetTracking,
  threshold,
} from '@flotilla/core'
import { fullBehavior } from '@flotilla/core/authoring'
import { describe, expect, it } from 'vitest'
import {
  type SimulateOptions,
  type Trace,
  demandCurve,
  fitted,
  peers,
  randomShape,
  simulate,
} from '../src/index.js'

const flat = (rate: number, minutes = 60): Trace => ({
  name: 'flat',
  intervalMs: 60_000,
  values: Array.from({ length: minutes }, () => rate),
})

const stepUp: Trace = {
  name: 'step',
  intervalMs: 60_000,
  values: [...Array<number>(30).fill(60), ...Array<number>(30).fill(300)],
}

const hour = 3600

describe('simulate, by hand', () => {
  it('serves a steady load with a fixed count, and pays for just that', () => {
    const { scores, timeline } = simulate({
      trace: flat(60),
      layer: 'vm',
      policy: fixed(3),
      start: 3,
      max: 10,
    })
    expect(scores).toMatchObject({
      arrivedCount: 60 * hour,
      droppedCount: 0,
      withinSlo: true,
      paidSeconds: 3 * hour,
      oraclePaidSeconds: 2 * hour,
      costVsOracle: 1.5,
      adaptationCount: 0,
    })
    expect(scores.elasticity).toEqual({ thetaU: 0, thetaO: 50, tauU: 0, tauO: 100 })
    expect([timeline.at.length, timeline.load[7], timeline.demand[7], timeline.ready[7]]).toEqual([
      240, 60, 2, 3,
    ])
  })

  it('is slow and drops with too few, for as long as it has too few', () => {
    const { scores } = simulate({ trace: flat(60), layer: 'vm', policy: fixed(1), start: 1 })
    expect(scores.slowPercent).toBeGreaterThan(99.5)
    // 20 of 60 cannot be served, less the five seconds' worth that may wait.
    expect(scores.droppedCount).toBe(20 * hour - 5 * 40)
    expect(scores.elasticity).toMatchObject({ thetaU: 50, tauU: 100 })
    expect(scores.withinSlo).toBe(false)
  })

  it('starts with the demand of the first second, or as told', () => {
    expect(simulate({ trace: flat(60), layer: 'vm', policy: fixed(2) }).scores.adaptationCount).toBe(0)
    const { timeline } = simulate({ trace: flat(60), layer: 'vm', policy: fixed(2), start: 5, max: 9 })
    expect([timeline.desired[0], timeline.paid[0]]).toEqual([5, 5])
  })

  it('has a launched instance serve after the start, and pays from the launch to the end of the drain', () => {
    const policy = customPolicy({
      name: 'twice',
      propose: ({ observation }) => (observation.at < 600_000 ? 2 : 1),
    })
    const layer = { name: 'l', startMs: 30_000, drainMs: 10_000 }
    const trace = { ...flat(10, 20), startAt: 0 }
    const behavior = { scaleIn: { windowMs: 0 } }
    const { scores, timeline } = simulate({ trace, layer, policy, behavior, start: 1, max: 5 })
    expect(Array.from(timeline.ready).slice(0, 4)).toEqual([1, 1, 2, 2])
    expect(scores.paidSeconds).toBe(20 * 60 + 600 + 10)
    expect(scores.adaptationCount).toBe(2)
  })
})

describe('simulate, on the decide that runs live', () => {
  it('gives exactly the decisions of decide', () => {
    const traces: DecisionTrace[] = []
    const policy = targetTracking({ metric: 'cpu', target: 0.6 })
    const seen: Parameters<typeof decide>[] = []
    const spy = {
      ...policy,
      evaluate: (input: Parameters<typeof policy.evaluate>[0]) => {
        const { readings, observation } = input
        seen.push([
          { min: 1, max: 20, policies: [policy], behavior: fullBehavior(), missing: new Map() },
          undefined,
          observation,
          readings.all,
        ])
        return policy.evaluate(input)
      },
    }
    simulate({ trace: stepUp, layer: 'vm', policy: spy, max: 20, onDecision: (trace) => traces.push(trace) })
    expect(traces).toHaveLength(240)
    let state: Parameters<typeof decide>[1]
    for (const [index, [options, , observation, readings]] of seen.entries()) {
      const decision = decide(options, state, observation, readings)
      state = JSON.parse(JSON.stringify(decision.state))
      expect(decision.desired).toBe(traces[index]?.desired)
      expect(decision.trace.reason).toBe(traces[index]?.reason)
    }
  })

  it('grows with the load and shrinks after the window', () => {
    const { timeline } = simulate({
      trace: stepUp,
      layer: 'container',
      policy: targetTracking({ metric: 'cpu', target: 0.6 }),
    })
    expect(timeline.desired[119]).toBeLessThan(4)
    expect(timeline.desired[239]).toBeGreaterThan(11)
  })

  it('keeps to min and max', () => {
    const policy = threshold({ metric: 'cpu', above: 0.01 })
    const { timeline } = simulate({ trace: flat(60), layer: 'vm', policy, min: 2, max: 4, start: 0 })
    expect(Math.min(...timeline.desired)).toBe(2)
    expect(Math.max(...timeline.desired)).toBe(4)
  })

  it('holds while metrics are missing', () => {
    const policy = targetTracking({ metric: 'cpu', target: 0.6 })
    const { timeline } = simulate({ trace: stepUp, layer: 'vm', policy, sensing: { outage: 1 }, start: 2 })
    expect(new Set(timeline.desired)).toEqual(new Set([2]))
  })

  it('falls back as told, and takes rules for missing metrics', () => {
    const policy = firstOf(targetTracking({ metric: 'cpu', target: 0.6 }), fixed(7))
    const out = { trace: flat(60), layer: 'vm', sensing: { outage: 1 }, start: 2, max: 9 } as const
    expect(simulate({ ...out, policy }).timeline.desired.at(-1)).toBe(7)
    const assumed = simulate({
      ...out,
      policy: targetTracking({ metric: 'http.request_rate', target: 20 }),
      missing: { 'http.request_rate': { kind: 'assume', value: 100 } },
    })
    expect(assumed.timeline.desired.at(-1)).toBe(5)
  })

  it('takes several policies, of which the largest wins', () => {
    const { timeline, name } = simulate({
      trace: flat(60),
      layer: 'vm',
      policies: [fixed(2), fixed(4)],
      max: 9,
    })
    expect(timeline.desired.at(-1)).toBe(4)
    expect(name).toBe('fixed(2) + fixed(4)')
  })
})

describe('simulate, in general', () => {
  const trace = fitted(randomShape(3, { durationMs: 6 * 3_600_000, kind: 'mixed' }), 10)
  const options: SimulateOptions = {
    trace,
    layer: 'cloud',
    policy: targetTracking({ metric: 'cpu', target: 0.7 }),
  }
  const repeatable = (more: Partial<SimulateOptions> = {}) => {
    const { timeline, scores } = simulate({ ...options, ...more })
    return { timeline, scores }
  }

  it('repeats itself bit for bit', () => {
    expect(repeatable()).toEqual(repeatable())
  })

  it('differs with the seed', () => {
    expect(repeatable({ seed: 2 }).scores).not.toEqual(repeatable().scores)
  })

  it('conserves requests', () => {
    const { timeline, scores } = simulate(options)
    const sum = (column: Float64Array): number => column.reduce((total, value) => total + value, 0)
    expect(sum(timeline.arrived)).toBeCloseTo(scores.arrivedCount, 3)
    expect(sum(timeline.slow)).toBeCloseTo(scores.slowCount, 3)
    expect(sum(timeline.dropped)).toBeCloseTo(scores.droppedCount, 3)
    const offered = (trace.values as Float64Array).reduce((total, rate) => total + rate * 60, 0)
    expect(scores.arrivedCount).toBeCloseTo(offered, 3)
    expect(scores.slowCount).toBeGreaterThanOrEqual(scores.droppedCount)
  })

  it('is worse off on a slower layer, with later metrics, and when launches fail', () => {
    const burst = fitted(randomShape(5, { durationMs: 6 * 3_600_000, kind: 'spikes' }), 10)
    const slow = (more: Partial<SimulateOptions>): number =>
      simulate({ ...options, trace: burst, ...more }).scores.slowPercent
    const container = slow({ layer: 'container' })
    expect(container).toBeLessThan(slow({ layer: 'cloud' }))
    expect(container).toBeLessThan(slow({ layer: 'container', sensing: { delayMs: 120_000 } }))
    const failing = { name: 'failing', startMs: 75_000, launchFailure: 0.5 }
    expect(slow({ layer: { ...failing, launchFailure: 0 } })).toBeLessThan(slow({ layer: failing }))
  })

  it('never pays less than the oracle while it keeps the demand', () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const load = fitted(randomShape(seed, { durationMs: 3 * 3_600_000 }), 8)
      for (const layer of ['container', 'cloud'] as const) {
        const most = demandCurve().of(Math.max(...load.values))
        const { scores } = simulate({ trace: load, layer, policy: fixed(most), start: most })
        expect(scores.elasticity.tauU).toBe(0)
        expect(scores.costVsOracle).toBeGreaterThanOrEqual(1)
      }
    }
  })

  it('reads the load between two values as told', () => {
    const held = simulate({ ...options, between: 'hold' }).scores.arrivedCount
    expect(simulate({ ...options, between: 'linear' }).scores.arrivedCount).not.toBe(held)
  })
})

describe('simulate, asked wrongly', () => {
  const good = { trace: flat(1), layer: 'vm', policy: fixed(1) } as const

  it.each([
    ['policy', { ...good, policy: undefined }],
    ['policy', { ...good, policies: [fixed(1)] }],
    ['policy', { ...good, policy: 5 }],
    ['layer', { ...good, layer: 'moon' }],
    ['min', { ...good, min: -1 }],
    ['max', { ...good, min: 3, max: 2 }],
    ['intervalMs', { ...good, intervalMs: 1500 }],
    ['seed', { ...good, seed: 0.5 }],
    ['sensing.noise', { ...good, sensing: { noise: -1 } }],
    ['service.serviceTimeMs', { ...good, service: { serviceTimeMs: 0 } }],
    ['scaleIn.windowMS', { ...good, behavior: { scaleIn: { windowMS: 1 } } }],
    ['missing.cpu.kind', { ...good, missing: { cpu: { kind: 'guess' } } }],
    ['onDecision', { ...good, onDecision: 1 }],
    ['unknown', { ...good, unknown: 1 }],
  ])('names %s', (field, options) => {
    const ask = (): unknown => simulate(options as unknown as SimulateOptions)
    expect(ask).toThrow(FlotillaError)
    expect(ask).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})

it('runs a peer as it stands', () => {
  const { policy, behavior } = peers.hpa({ target: 0.5 })
  if (!('evaluate' in policy)) throw new Error('a single policy was expected')
  expect(simulate({ trace: stepUp, layer: 'vm', policy, behavior }).scores.costVsOracle).toBeGreaterThan(1)
})
