import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, LifecycleState, Observation, Policy, Proposal, Reading } from '../../src/index.js'
import { type DecisionState, ReadingSet, decide, fullBehavior } from '../../src/index.js'
import { at, instance, observe, ofGroup, perInstance } from '../observations.js'
import { verdictOf } from './evaluating.js'
import { everyPolicy } from './every-policy.js'

const numRuns = 30

/** What no source should give and some source will. */
const anyValue = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0, max: 3, noNaN: true }) },
  { weight: 2, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(-1, -0, 1e12, -1e12, 1e308, 5e-324, Number.NaN, Infinity, -Infinity),
  },
)
const states: readonly LifecycleState[] = [
  'launching',
  'warming',
  'in-service',
  'in-service',
  'in-service',
  'draining',
  'terminating',
  'failed',
  'standby',
  'warm',
]
const anyMember = fc.record({
  state: fc.constantFrom(...states),
  isPending: fc.boolean(),
  cpu: anyValue,
  queue: anyValue,
})
const anyTick = fc.record({
  afterMs: fc.oneof(
    { weight: 8, arbitrary: fc.constant(15_000) },
    { weight: 1, arbitrary: fc.integer({ min: -7_200_000, max: 7_200_000 }) },
  ),
  desired: fc.oneof(fc.nat(12), fc.constantFrom(0, 1_000_000)),
  members: fc.array(anyMember, { maxLength: 8 }),
  cpuOf: fc.constantFrom('group', 'instances', 'nobody'),
  queueOf: fc.constantFrom('group', 'instances', 'nobody'),
  cpu: anyValue,
  queue: anyValue,
})
type Tick = typeof anyTick extends fc.Arbitrary<infer T> ? T : never

interface Input {
  readonly readings: ReadingSet
  readonly observation: Observation
  readonly now: number
}

function inputs(ticks: readonly Tick[]): readonly Input[] {
  let now = at
  return ticks.map((tick) => {
    now += tick.afterMs
    const instances = tick.members.map(({ state, isPending }, index) => ({
      ...instance(`i${index + 1}`, state),
      status: isPending ? ('pending' as const) : ('running' as const),
    }))
    const of = (name: 'cpu' | 'queue'): readonly Reading[] => {
      const whose = name === 'cpu' ? tick.cpuOf : tick.queueOf
      if (whose === 'nobody') return []
      if (whose === 'group') return [ofGroup(name, tick[name])]
      return perInstance(
        name,
        tick.members.map((member) => member[name]),
      )
    }
    return {
      readings: new ReadingSet([...of('cpu'), ...of('queue')]),
      observation: { group: 'web', at: now, desired: tick.desired, instances },
      now,
    }
  })
}

function run(
  policy: Policy,
  ticks: readonly Tick[],
  store: (state: Json | undefined) => Json | undefined = (state) => state,
): readonly Proposal[] {
  let state: Json | undefined
  return inputs(ticks).map((input) => {
    const evaluation = policy.evaluate({ ...input, state })
    state = store(evaluation.state)
    return evaluation.proposal
  })
}

const stored = (state: Json | undefined): Json | undefined =>
  state === undefined ? undefined : (JSON.parse(JSON.stringify(state)) as Json)

describe.each(everyPolicy)('$name, whatever comes', ({ make, isMonotone }) => {
  it('gives a whole count >= 0, no opinion or cannot tell, each with its reason, and never throws', () => {
    fc.assert(
      fc.property(fc.array(anyTick, { maxLength: 8 }), (ticks) => {
        for (const proposal of run(make(), ticks)) {
          expect(proposal.reason.length).toBeGreaterThan(0)
          if (proposal.kind !== 'count') continue
          expect(Number.isSafeInteger(proposal.count) && proposal.count >= 0).toBe(true)
        }
      }),
      { numRuns },
    )
  })

  it('does the same for the same input, and continues from stored state bit for bit', () => {
    fc.assert(
      fc.property(fc.array(anyTick, { maxLength: 8 }), (ticks) => {
        const once = run(make(), ticks)
        expect(run(make(), ticks)).toEqual(once)
        expect(run(make(), ticks, stored)).toEqual(once)
      }),
      { numRuns },
    )
  })

  it('takes any state that it did not give for none, or for a state', () => {
    fc.assert(
      fc.property(anyTick, fc.jsonValue(), (tick, state) => {
        const [input] = inputs([tick])
        if (input === undefined) return
        // A damper trusts its own state: what no policy of ours ever gave it may make it fail, and `decide` bears that.
        const policies = [make()]
        const options = { min: 0, max: 20, policies, behavior: fullBehavior(), missing: new Map() }
        const bad: DecisionState = {
          at,
          damping: { proposals: [], changes: [] },
          policies: [{ policy: policies[0]?.name ?? '', state: state as Json }],
        }
        const { desired } = decide(options, bad, input.observation, input.readings.all)
        expect(desired).toBeLessThanOrEqual(20)
      }),
      { numRuns },
    )
  })

  it('stays in its bounds through the whole decision', () => {
    fc.assert(
      fc.property(fc.array(anyTick, { maxLength: 8 }), fc.nat(4), fc.nat(6), (ticks, min, over) => {
        const max = min + over
        const options = { min, max, policies: [make()], behavior: fullBehavior(), missing: new Map() }
        let state: DecisionState | undefined
        let desired = min
        for (const { observation, readings } of inputs(ticks)) {
          const decision = decide(options, state, { ...observation, desired }, readings.all)
          state = decision.state
          desired = decision.desired
          expect(desired).toBeGreaterThanOrEqual(min)
          expect(desired).toBeLessThanOrEqual(max)
        }
      }),
      { numRuns: 30 },
    )
  })

  if (!isMonotone) return
  it('wants no fewer instances for more load, all else equal', () => {
    const level = fc.double({ min: 0, max: 3, noNaN: true })
    const levels = fc.array(fc.tuple(level, fc.double({ min: 0, max: 2, noNaN: true })), { maxLength: 5 })
    const more = fc.double({ min: 0, max: 2, noNaN: true })
    fc.assert(
      fc.property(
        levels,
        fc.tuple(level, level),
        fc.tuple(more, more),
        fc.integer({ min: 1, max: 8 }),
        (past, low, plus, size) => {
          // One history for both, so that the state is the same; then two loads, one nowhere less than the other.
          const policy = make()
          const tick = (index: number, cpu: number, queue: number, state: Json | undefined) => {
            const now = at + index * 15_000
            const readings = [
              ...perInstance(
                'cpu',
                Array.from({ length: size }, () => cpu),
              ).map((reading) => ({ ...reading, at: now })),
              { ...ofGroup('queue', queue * 10), at: now },
            ]
            const observation = { ...observe(size, size), at: now }
            return policy.evaluate({ readings: new ReadingSet(readings), observation, now, state })
          }
          let state: Json | undefined
          for (const [index, [cpu, queue]] of past.entries()) state = tick(index, cpu, queue, state).state
          const lower = verdictOf(tick(past.length, low[0], low[1], state).proposal)
          const higher = verdictOf(tick(past.length, low[0] + plus[0], low[1] + plus[1], state).proposal)
          const count = (verdict: number | string): number => (typeof verdict === 'number' ? verdict : size)
          expect(count(higher)).toBeGreaterThanOrEqual(count(lower))
        },
      ),
      { numRuns },
    )
  })
})
