import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Behavior,
  type DecideOptions,
  type DecisionState,
  type Policy,
  type Reading,
  backlog,
  dampen,
  decide,
  firstOf,
  fixed,
  maxOf,
  minOf,
  scheduled,
  targetTracking,
  threshold,
} from '../../src/index.js'
import { fullBehavior } from '../../src/authoring.js'
import { at, observe, ofGroup, perInstance } from '../observations.js'
import { propertyRuns } from '../../../../scripts/lib/property-runs.js'

const anyPolicy: fc.Arbitrary<Policy> = fc.letrec<{ leaf: Policy; policy: Policy }>((tie) => ({
  leaf: fc.oneof(
    fc.double({ min: 0.05, max: 3, noNaN: true }).map((target) => targetTracking({ metric: 'cpu', target })),
    fc.constant(threshold({ metric: 'cpu', above: 0.7, below: 0.3, step: { out: 2, in: 1 } })),
    fc
      .integer({ min: 1, max: 50 })
      .map((perInstanceCount) => backlog({ metric: 'jobs', perInstance: perInstanceCount })),
    fc.constant(targetTracking({ metric: 'jobs', target: 20, type: 'value' })),
    fc.nat(30).map(fixed),
    fc.constant(scheduled({ start: '*/7 * * * *', durationMs: 120_000, count: 6 })),
  ),
  policy: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc.tuple(tie('policy'), tie('policy')).map(([a, b]) => maxOf(a, b)),
    fc.tuple(tie('policy'), tie('policy')).map(([a, b]) => minOf(a, b)),
    fc.tuple(tie('policy'), tie('policy')).map(([a, b]) => firstOf(a, b)),
    tie('policy').map((policy) => dampen(policy, { scaleIn: { windowMs: 45_000 } })),
  ),
})).policy

const anyBehavior: fc.Arbitrary<Behavior> = fc.record({
  scaleOut: fc.record({
    windowMs: fc.constantFrom(0, 30_000),
    rates: fc.constantFrom(
      [],
      [{ count: 2, periodMs: 30_000 }],
      [
        { percent: 50, periodMs: 60_000 },
        { count: 1, periodMs: 15_000 },
      ],
    ),
    select: fc.constantFrom('max', 'min', 'disabled'),
    cooldownMs: fc.constantFrom(0, 45_000),
    cooldownAfterMs: fc.constantFrom(0, 40_000),
  }),
  scaleIn: fc.record({
    windowMs: fc.constantFrom(0, 60_000),
    rates: fc.constantFrom([], [{ count: 1, periodMs: 30_000 }], [{ percent: 20, periodMs: 60_000 }]),
    select: fc.constantFrom('max', 'min', 'disabled'),
    cooldownMs: fc.constantFrom(0, 45_000),
    cooldownAfterMs: fc.constantFrom(0, 40_000),
  }),
})

const anyValue = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0, max: 3, noNaN: true }) },
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 1e12, -1e12, 5e-324) },
)

/** One tick: how long after the last, each instance's CPU, the jobs of the group, how many are coming. */
const anyTick = fc.record({
  afterMs: fc.oneof(
    { weight: 8, arbitrary: fc.constant(15_000) },
    { weight: 1, arbitrary: fc.integer({ min: -600_000, max: 600_000 }) },
  ),
  cpu: fc.array(anyValue, { minLength: 0, maxLength: 8 }),
  jobs: anyValue,
  coming: fc.nat(3),
})
type Tick = typeof anyTick extends fc.Arbitrary<infer T> ? T : never

interface Step {
  readonly atMs: number
  readonly current: number
  readonly decision: ReturnType<typeof decide>
  readonly readings: readonly Reading[]
}

function run(options: DecideOptions, ticks: readonly Tick[], start: number): readonly Step[] {
  let state: DecisionState | undefined
  let current = start
  let atMs = at
  return ticks.map(({ afterMs, cpu, jobs, coming }) => {
    atMs += afterMs
    const values = cpu.slice(0, current)
    const readings = [
      ...perInstance('cpu', [...values, ...Array.from({ length: coming }, () => undefined)]),
      ofGroup('jobs', jobs),
    ]
    const observation = { ...observe(current, values.length, coming), at: atMs }
    const decision = decide(options, state, observation, readings)
    const step = { atMs, current, decision, readings }
    state = decision.state
    current = decision.desired
    return step
  })
}

const bounds = fc
  .tuple(fc.nat(5), fc.integer({ min: 1, max: 15 }))
  .map(([min, over]) => ({ min, max: min + over }))

describe('decide, whatever comes', () => {
  it('stays within min..max, says why, and ends in what it says', () => {
    fc.assert(
      fc.property(
        anyPolicy,
        anyBehavior,
        bounds,
        fc.array(anyTick, { maxLength: 25 }),
        fc.nat(25),
        (policy, behavior, { min, max }, ticks, start) => {
          const options = {
            min,
            max,
            policies: [policy],
            behavior: fullBehavior(behavior),
            missing: new Map(),
          }
          for (const { decision, current } of run(options, ticks, start)) {
            const { desired, trace } = decision
            expect(Number.isSafeInteger(desired)).toBe(true)
            if (current >= min && current <= max) expect(desired).toBeGreaterThanOrEqual(min)
            expect(desired).toBeLessThanOrEqual(max)
            expect(trace.steps.at(-1)?.gave).toBe(desired)
            expect(trace.reason.length).toBeGreaterThan(0)
            for (const [index, step] of trace.steps.entries()) {
              if (index > 0) expect(step.got).toBe(trace.steps[index - 1]?.gave)
            }
          }
        },
      ),
      { numRuns: propertyRuns(300) },
    )
  })

  it('never goes over a rate rule, a cooldown or a disabled direction, but to mend bounds', () => {
    fc.assert(
      fc.property(anyPolicy, anyBehavior, fc.array(anyTick, { maxLength: 30 }), (policy, given, ticks) => {
        const behavior = fullBehavior(given)
        const options = { min: 0, max: 20, policies: [policy], behavior, missing: new Map() }
        // A clock that jumps makes "within a period" mean something else; that is a test of its own.
        const steady = ticks.map((tick) => ({ ...tick, afterMs: 15_000 }))
        const steps = run(options, steady, 4)
        for (const { atMs, current, decision } of steps) {
          const delta = decision.desired - current
          if (delta === 0) continue
          const { rates, select, cooldownMs } = delta > 0 ? behavior.scaleOut : behavior.scaleIn
          expect(select).not.toBe('disabled')
          const earlier = steps.filter((step) => step.atMs < atMs && step.decision.desired !== step.current)
          expect(earlier.every((step) => atMs - step.atMs >= cooldownMs)).toBe(true)
          const allowed = rates.map((rule) => {
            const net = earlier
              .filter((step) => step.atMs > atMs - rule.periodMs)
              .reduce((sum, step) => sum + step.decision.desired - step.current, 0)
            const start = current - net
            const most = 'count' in rule ? rule.count : Math.ceil((start * rule.percent) / 100 - 1e-9)
            return (
              Math.abs(decision.desired - start) <= most ||
              Math.sign(decision.desired - start) !== Math.sign(delta)
            )
          })
          if (rates.length > 0)
            expect(select === 'max' ? allowed.some(Boolean) : allowed.every(Boolean)).toBe(true)
        }
      }),
      { numRuns: propertyRuns(300) },
    )
  })

  it('never shrinks on missing metrics alone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.nat(3), { maxLength: 10 }),
        (start, comings) => {
          const policies = [
            maxOf(
              targetTracking({ metric: 'cpu', target: 0.5 }),
              backlog({ metric: 'jobs', perInstance: 5 }),
            ),
          ]
          const options = {
            min: 0,
            max: 20,
            policies,
            behavior: fullBehavior({ scaleIn: { windowMs: 0 } }),
            missing: new Map(),
          }
          const blind = comings.map((coming) => ({
            afterMs: 15_000,
            cpu: Array.from({ length: 20 }, () => undefined),
            jobs: undefined,
            coming,
          }))
          for (const { decision, current } of run(options, blind, start))
            expect(decision.desired).toBe(current)
        },
      ),
    )
  })

  it('does the same for the same input, and continues from stored state bit for bit', () => {
    fc.assert(
      fc.property(anyPolicy, anyBehavior, fc.array(anyTick, { maxLength: 15 }), (policy, behavior, ticks) => {
        const options = {
          min: 0,
          max: 20,
          policies: [policy],
          behavior: fullBehavior(behavior),
          missing: new Map(),
        }
        const once = run(options, ticks, 3)
        const again = run(options, ticks, 3)
        expect(again).toEqual(once)
        for (const [index, { decision }] of once.entries()) {
          const next = once[index + 1]
          if (next === undefined) break
          const stored = JSON.parse(JSON.stringify(decision.state)) as DecisionState
          const tick = ticks[index + 1]
          const values = tick?.cpu.slice(0, next.current) ?? []
          const observation = { ...observe(next.current, values.length, tick?.coming), at: next.atMs }
          expect(decide(options, stored, observation, next.readings).desired).toBe(next.decision.desired)
        }
      }),
      { numRuns: propertyRuns(100) },
    )
  })

  it('wants no fewer instances for more load', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(4),
        (load, more, ready, coming) => {
          const policies = [targetTracking({ metric: 'cpu', target: 0.6 })]
          const options = {
            min: 0,
            max: 100,
            policies,
            behavior: fullBehavior({ scaleIn: { windowMs: 0 } }),
            missing: new Map(),
          }
          const desiredAt = (cpu: number): number => {
            const readings = perInstance(
              'cpu',
              Array.from({ length: ready }, () => cpu),
            )
            return decide(options, undefined, observe(ready + coming, ready, coming), readings).desired
          }
          expect(desiredAt(load + more)).toBeGreaterThanOrEqual(desiredAt(load))
        },
      ),
      { numRuns: propertyRuns(500) },
    )
  })

  it('comes to rest under constant load, and does not flap', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 15, noNaN: true }),
        fc.double({ min: 0.3, max: 0.9, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        (load, target, start) => {
          const policies = [targetTracking({ metric: 'cpu', target })]
          const options = {
            min: 1,
            max: 40,
            policies,
            behavior: fullBehavior({ scaleIn: { windowMs: 0 } }),
            missing: new Map(),
          }
          let state: DecisionState | undefined
          let current = start
          const sizes: number[] = []
          for (let tick = 0; tick < 40; tick += 1) {
            // The load is shared evenly by the instances there are.
            const readings = perInstance(
              'cpu',
              Array.from({ length: current }, () => load / current),
            )
            const decision = decide(
              options,
              state,
              { ...observe(current, current), at: at + tick * 15_000 },
              readings,
            )
            state = decision.state
            current = decision.desired
            sizes.push(current)
          }
          expect(new Set(sizes.slice(-10)).size).toBe(1)
          const turns = sizes.filter(
            (size, index) =>
              index > 1 &&
              Math.sign(size - sizes[index - 1]!) * Math.sign(sizes[index - 1]! - sizes[index - 2]!) < 0,
          )
          expect(turns).toEqual([])
        },
      ),
      { numRuns: propertyRuns(200) },
    )
  })
})
