import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, LifecycleState, Observation, Policy, Proposal, Reading } from '../../src/index.js'
import { type DecisionState, decide } from '../../src/index.js'
import { ReadingSet, fullBehavior } from '../../src/authoring.js'
import { at, instance, observe, ofGroup, perInstance } from '../observations.js'
import { anyMonotonePolicy, anyPolicy } from './any-policy.js'
import { verdictOf } from './evaluating.js'
import { shiftParts, storedParts } from '../../src/policies/kit/stored-state.js'
import { everyPolicy } from './every-policy.js'
import { propertyRuns } from '../../../../scripts/lib/property-runs.js'

const numRuns = propertyRuns(30, 6)
const treeRuns = propertyRuns(100)

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

/** A tick of a group that serves, at its interval. */
const calmTick: fc.Arbitrary<Tick> = fc
  .record({
    desired: fc.integer({ min: 2, max: 3 }),
    cpu: fc.double({ min: 0, max: 1.2, noNaN: true }),
    queue: fc.double({ min: 0, max: 40, noNaN: true }),
    isThere: fc.integer({ min: 0, max: 9 }).map((one) => one > 0),
  })
  .map(({ desired, cpu, queue, isThere }) => ({
    afterMs: 15_000,
    desired,
    members: Array.from({ length: 3 }, () => ({
      state: 'in-service' as const,
      isPending: false,
      cpu: isThere ? cpu : undefined,
      queue,
    })),
    cpuOf: 'instances' as const,
    queueOf: 'group' as const,
    cpu,
    queue,
  }))

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

/** The same moment, its readings taken at it. */
const fresh = (input: Input): Input => ({
  ...input,
  readings: new ReadingSet(input.readings.all.map((reading) => ({ ...reading, at: input.now }))),
})

/** The same moment by a clock that was set ahead. */
function movedBy({ readings, observation, now }: Input, byMs: number): Input {
  return {
    readings: new ReadingSet(readings.all.map((reading) => ({ ...reading, at: reading.at + byMs }))),
    observation: {
      ...observation,
      at: observation.at + byMs,
      instances: observation.instances.map((one) => ({
        ...one,
        createdAt: one.createdAt + byMs,
        stateSince: one.stateSince + byMs,
        ...(one.readyAt === undefined ? {} : { readyAt: one.readyAt + byMs }),
      })),
    },
    now: now + byMs,
  }
}

/** What a policy says through ticks, when the clock is set ahead before one of them. */
function toldBy(policy: Policy, ticks: readonly Tick[], place: number, byMs: number): readonly Proposal[] {
  let state: Json | undefined
  return inputs(ticks)
    .map(fresh)
    .map((input, index) => {
      const jumped = byMs > 0 && index >= place
      if (jumped && index === place) {
        const [part] = storedParts(shiftParts([policy], [{ policy: policy.name, state }], byMs))
        state = part?.state
      }
      const evaluation = policy.evaluate({ ...(jumped ? movedBy(input, byMs) : input), state })
      state = evaluation.state
      return evaluation.proposal
    })
}

const level = fc.double({ min: 0, max: 3, noNaN: true })
const rise = fc.double({ min: 0, max: 2, noNaN: true })
/** One history for both, so that the state is the same; then two loads, one nowhere less than the other. */
const moreLoad = fc.record({
  past: fc.array(fc.tuple(level, rise), { maxLength: 5 }),
  low: fc.tuple(level, level),
  plus: fc.tuple(rise, rise),
  size: fc.integer({ min: 1, max: 8 }),
})
type MoreLoad = typeof moreLoad extends fc.Arbitrary<infer T> ? T : never

/** What a policy wants of the lower and of the higher load; no opinion is the count there is. */
function countsOf(policy: Policy, { past, low, plus, size }: MoreLoad): readonly [number, number] {
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
  return [count(lower), count(higher)]
}

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
      { numRuns },
    )
  })

  if (!isMonotone) return
  it('wants no fewer instances for more load, all else equal', () => {
    fc.assert(
      fc.property(moreLoad, (story) => {
        const [lower, higher] = countsOf(make(), story)
        expect(higher).toBeGreaterThanOrEqual(lower)
      }),
      { numRuns },
    )
  })
})

// What falls due in the time skipped is another matter: a schedule goes by the wall clock.
const unscheduled = everyPolicy.filter(({ make }) => !make().name.includes('scheduledActions'))

describe.each(unscheduled)('$name, when the clock is set ahead', ({ make }) => {
  it('goes on as if nothing had happened, its state moved along', () => {
    const story = fc.oneof(
      fc.array(anyTick, { maxLength: 8 }),
      fc.array(calmTick, { minLength: 4, maxLength: 24 }),
    )
    fc.assert(
      fc.property(story, fc.nat(24), fc.nat(3), (ticks, place, weeks) => {
        // Whole weeks, so that a schedule stands where it stood.
        const byMs = (weeks + 1) * 7 * 86_400_000
        expect(toldBy(make(), ticks, place % (ticks.length + 1), byMs)).toEqual(toldBy(make(), ticks, 0, 0))
      }),
      { numRuns: treeRuns },
    )
  })
})

describe('any tree of combinators, whatever comes', () => {
  it('gives a whole count >= 0, no opinion or cannot tell, and never throws', () => {
    fc.assert(
      fc.property(anyPolicy, fc.array(anyTick, { maxLength: 6 }), (policy, ticks) => {
        for (const proposal of run(policy, ticks)) {
          expect(proposal.reason.length).toBeGreaterThan(0)
          if (proposal.kind !== 'count') continue
          expect(Number.isSafeInteger(proposal.count) && proposal.count >= 0).toBe(true)
        }
      }),
      { numRuns: treeRuns },
    )
  })

  it('does the same for the same input, and continues from stored state bit for bit', () => {
    fc.assert(
      fc.property(anyPolicy, fc.array(anyTick, { maxLength: 6 }), (policy, ticks) => {
        const once = run(policy, ticks)
        expect(run(policy, ticks)).toEqual(once)
        expect(run(policy, ticks, stored)).toEqual(once)
      }),
      { numRuns: treeRuns },
    )
  })

  it('decides within its bounds, and the same after every tick was stored and read back', () => {
    fc.assert(
      fc.property(
        anyPolicy,
        fc.array(anyTick, { maxLength: 6 }),
        fc.nat(4),
        fc.nat(6),
        (policy, ticks, min, over) => {
          const options = {
            min,
            max: min + over,
            policies: [policy],
            behavior: fullBehavior(),
            missing: new Map(),
          }
          const decisions = (keep: (state: DecisionState) => DecisionState): readonly unknown[] => {
            let state: DecisionState | undefined
            let desired = min
            return inputs(ticks).map(({ observation, readings }) => {
              const decision = decide(options, state, { ...observation, desired }, readings.all)
              state = keep(decision.state)
              desired = decision.desired
              expect(desired).toBeGreaterThanOrEqual(min)
              expect(desired).toBeLessThanOrEqual(min + over)
              return decision.trace
            })
          }
          const live = decisions((state) => state)
          expect(decisions((state) => JSON.parse(JSON.stringify(state)) as DecisionState)).toEqual(live)
        },
      ),
      { numRuns: treeRuns },
    )
  })

  it('wants no fewer instances for more load, where every part does so and names a count', () => {
    fc.assert(
      fc.property(anyMonotonePolicy, moreLoad, (policy, story) => {
        const [lower, higher] = countsOf(policy, story)
        expect(higher).toBeGreaterThanOrEqual(lower)
      }),
      { numRuns: treeRuns },
    )
  })
})

describe('every policy of the package', () => {
  it('is among those that are proved here', async () => {
    const read = (file: string): Promise<string> => readFile(new URL(file, import.meta.url), 'utf8')
    const index = await read('../../src/index.ts')
    const proved = await read('./every-policy.ts')
    const names = [...index.matchAll(/^export \{ ([^}]*) \} from '\.\/policies\//gm)].flatMap(
      ([, list = '']) => list.split(', ').filter((name) => !/^type |^hasFailed$/.test(name)),
    )
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !proved.includes(`${name}(`))).toEqual([])
  })
})
