import { describe, expect, it } from 'vitest'
import {
  type Behavior,
  type DampingState,
  type DecisionState,
  type Policy,
  type Reading,
  behaviorDefaults,
  decide,
  fixed,
  targetTracking,
} from '../../src/index.js'
import { fullBehavior } from '../../src/authoring.js'
import { at, observe, ofGroup, perInstance } from '../observations.js'

/**
 * Cases of Kubernetes' behaviour rules (kubernetes/kubernetes, pkg/controller/podautoscaler, horizontal_test.go and the
 * tables it grew from), through the whole of `decide`. Ages in seconds.
 */
interface Case {
  readonly current: number
  readonly wanted: number
  readonly min?: number
  readonly max?: number
  readonly behavior?: Behavior
  readonly proposals?: readonly (readonly [ageS: number, count: number])[]
  readonly changes?: readonly (readonly [ageS: number, delta: number])[]
}

function desiredOf({
  current,
  wanted,
  min = 0,
  max = 1000,
  behavior,
  proposals = [],
  changes = [],
}: Case): number {
  const ago = ([ageS, number]: readonly [number, number]): readonly [number, number] => [
    at - ageS * 1000,
    number,
  ]
  const damping: DampingState = { proposals: proposals.map(ago), changes: changes.map(ago) }
  const state: DecisionState = { at: at - 15_000, damping }
  const options = {
    min,
    max,
    policies: [fixed(wanted)],
    behavior: fullBehavior(behavior),
    missing: new Map(),
  }
  return decide(options, state, observe(current, current), []).desired
}

const undelayed = { windowMs: 0 }
const percent = (value: number, periodMs = 60_000): { percent: number; periodMs: number } => ({
  percent: value,
  periodMs,
})
const count = (value: number, periodMs = 60_000): { count: number; periodMs: number } => ({
  count: value,
  periodMs,
})
const out = (...rates: readonly (ReturnType<typeof percent> | ReturnType<typeof count>)[]): Behavior => ({
  scaleOut: { rates },
})
const inwards = (...rates: readonly (ReturnType<typeof percent> | ReturnType<typeof count>)[]): Behavior => ({
  scaleIn: { ...undelayed, rates },
})

describe('rate rules', () => {
  it.each<readonly [string, Case, number]>([
    ['up by default', { current: 10, wanted: 50 }, 20],
    ['up from zero by default', { current: 0, wanted: 50 }, 4],
    [
      'up, the count allows more than the percent',
      { current: 10, wanted: 500, behavior: out(count(100), percent(100)) },
      110,
    ],
    [
      'up, the percent allows more than the count',
      { current: 10, wanted: 500, behavior: out(count(2), percent(100)) },
      20,
    ],
    ['up, a large count', { current: 10, wanted: 50, behavior: out(count(100)) }, 50],
    ['up, a large percent', { current: 10, wanted: 50, behavior: out(percent(10_000)) }, 50],
    ['up, limited by a count', { current: 10, wanted: 50, behavior: out(count(30)) }, 40],
    ['up, limited by a percent', { current: 10, wanted: 50, behavior: out(percent(200)) }, 30],
    ['up, limited by max first', { current: 20, wanted: 1000, max: 25 }, 25],
    ['up, at least one', { current: 1, wanted: 50, behavior: out(percent(1)) }, 2],
    ['down by default', { current: 10, wanted: 5, behavior: { scaleIn: undelayed } }, 5],
    [
      'down, the least of two',
      {
        current: 100,
        wanted: 2,
        behavior: { scaleIn: { ...undelayed, select: 'min', rates: [count(20), percent(1)] } },
      },
      99,
    ],
    ['down, the most of two', { current: 100, wanted: 2, behavior: inwards(count(2), percent(10)) }, 90],
    ['down, limited by min', { current: 10, wanted: 0, min: 1, behavior: inwards(count(100)) }, 1],
    [
      'down, everything, limited by min',
      { current: 10, wanted: 2, min: 5, behavior: inwards(percent(100)) },
      5,
    ],
    ['down, limited by a count', { current: 10, wanted: 2, behavior: inwards(count(5)) }, 5],
    ['down, limited by a percent', { current: 10, wanted: 5, behavior: inwards(percent(50)) }, 5],
    [
      'down, a percent of a small group goes down by one',
      { current: 5, wanted: 0, behavior: inwards(percent(10)) },
      4,
    ],
    [
      'up, what was added lately is part of the percent',
      {
        current: 100,
        wanted: 500,
        behavior: out(percent(100)),
        changes: [
          [59, 1],
          [40, 2],
          [30, 3],
          [20, 4],
          [10, 5],
        ],
      },
      170,
    ],
    [
      'up, max before the budget',
      {
        current: 100,
        wanted: 500,
        max: 200,
        behavior: out(count(300)),
        changes: [
          [50, 1],
          [40, 5],
          [30, 9],
        ],
      },
      200,
    ],
    [
      'up, a budget used up many times over',
      {
        current: 100,
        wanted: 500,
        behavior: out(count(5, 120_000)),
        changes: [
          [110, 1],
          [60, 5],
          [30, 9],
        ],
      },
      100,
    ],
    [
      'up, a budget with room',
      {
        current: 100,
        wanted: 500,
        behavior: out(count(150, 120_000)),
        changes: [
          [110, 1],
          [60, 5],
          [30, 9],
        ],
      },
      235,
    ],
    [
      'up, a percent of the start of the period',
      {
        current: 100,
        wanted: 500,
        behavior: out(percent(200, 120_000)),
        changes: [
          [110, 1],
          [60, 5],
          [30, 9],
        ],
      },
      255,
    ],
    [
      'up, events older than the period do not count',
      {
        current: 100,
        wanted: 500,
        behavior: out(count(10)),
        changes: [
          [61, 42],
          [60, 42],
        ],
      },
      110,
    ],
    [
      'down, a budget used up',
      {
        current: 100,
        wanted: 2,
        behavior: inwards(count(5, 120_000)),
        changes: [
          [110, -1],
          [60, -5],
          [30, -9],
        ],
      },
      100,
    ],
    [
      'down, a percent of the start of the period',
      {
        current: 100,
        wanted: 0,
        behavior: inwards(percent(50, 120_000)),
        changes: [
          [110, -2],
          [60, -4],
          [30, -6],
        ],
      },
      56,
    ],
    [
      'down, a budget used up many times over',
      {
        current: 100,
        wanted: 0,
        behavior: inwards(percent(10, 120_000)),
        changes: [
          [110, -10],
          [60, -10],
          [30, -10],
        ],
      },
      100,
    ],
    [
      'down, more than everything',
      {
        current: 10,
        wanted: 5,
        behavior: inwards(percent(1000, 120_000)),
        changes: [
          [110, -10],
          [60, -10],
          [30, -10],
        ],
      },
      5,
    ],
    [
      'up, what was removed lately is room',
      { current: 100, wanted: 500, behavior: out(count(10)), changes: [[30, -20]] },
      130,
    ],
    [
      'down, what was added lately is room',
      { current: 100, wanted: 0, behavior: inwards(count(10)), changes: [[30, 20]] },
      70,
    ],
    [
      'up, a percent of the size before what was added and removed lately',
      {
        current: 6,
        wanted: 24,
        behavior: out(percent(300, 300_000)),
        changes: [
          [60, 4],
          [50, -2],
        ],
      },
      16,
    ],
    [
      'down, a percent of the size before what was added and removed lately',
      {
        current: 10,
        wanted: 1,
        behavior: inwards(percent(50, 180_000)),
        changes: [
          [60, 2],
          [50, -4],
        ],
      },
      6,
    ],
    [
      'up, a rule that looks back further than the other',
      {
        current: 100,
        wanted: 500,
        behavior: out(count(50, 120_000), percent(10, 60_000)),
        changes: [
          [90, 30],
          [30, 5],
        ],
      },
      115,
    ],
    [
      'down, a rule that looks back further than the other',
      {
        current: 100,
        wanted: 0,
        behavior: inwards(count(50, 120_000), percent(10, 60_000)),
        changes: [
          [90, -30],
          [30, -5],
        ],
      },
      85,
    ],
    [
      'up, max before what the rules and the changes leave',
      { current: 100, wanted: 500, max: 200, behavior: out(count(300, 60_000)), changes: [[50, 5]] },
      200,
    ],
    [
      'down, min before what the rules and the changes leave',
      { current: 100, wanted: 0, min: 5, behavior: inwards(count(130, 120_000)), changes: [[50, -15]] },
      5,
    ],
    [
      'up, the lesser of two',
      { current: 1, wanted: 1000, behavior: { scaleOut: { select: 'min', rates: [count(2), percent(50)] } } },
      2,
    ],
    [
      'down, the lesser of two, of a small group',
      {
        current: 5,
        wanted: 0,
        behavior: { scaleIn: { ...undelayed, select: 'min', rates: [count(2), percent(50)] } },
      },
      3,
    ],
    [
      'down, to nothing by default',
      { current: 10, wanted: 0, behavior: { scaleIn: undelayed }, changes: [[50, -4]] },
      0,
    ],
    ['up, disabled', { current: 10, wanted: 50, behavior: { scaleOut: { select: 'disabled' } } }, 10],
    [
      'down, disabled',
      { current: 10, wanted: 1, behavior: { scaleIn: { ...undelayed, select: 'disabled' } } },
      10,
    ],
  ])('%s', (_, given, wanted) => expect(desiredOf(given)).toBe(wanted))

  it.each([
    ['up: Kubernetes allows 56, since 50 x 1.1 is 55.00000000000001', 50, 500, out(percent(10)), 55],
    ['up: Kubernetes allows 29, since 25 x 1.12 is 28.000000000000004', 25, 500, out(percent(12)), 28],
    [
      'down: Kubernetes allows 9, since 100 x (1 - 0.9) is 9.999999999999998',
      100,
      0,
      inwards(percent(90)),
      10,
    ],
  ])('counts no binary fraction, %s', (_, current, wanted, behavior, expected) => {
    expect(desiredOf({ current, wanted, behavior })).toBe(expected)
  })
})

describe('stabilisation', () => {
  const window = (outS: number, inS: number): Behavior => ({
    scaleOut: { windowMs: outS * 1000, rates: [] },
    scaleIn: { windowMs: inS * 1000, rates: [] },
  })
  it.each<readonly [string, Case, number]>([
    ['nothing remembered, down', { current: 100, wanted: 5, behavior: window(0, 300) }, 5],
    [
      'simple, down',
      {
        current: 100,
        wanted: 3,
        behavior: window(0, 300),
        proposals: [
          [120, 4],
          [60, 5],
        ],
      },
      5,
    ],
    [
      'simple, up',
      {
        current: 1,
        wanted: 7,
        behavior: window(150, 300),
        proposals: [
          [120, 4],
          [60, 5],
        ],
      },
      4,
    ],
    [
      'none, down',
      {
        current: 100,
        wanted: 3,
        behavior: window(0, 300),
        proposals: [
          [120, 1],
          [60, 2],
        ],
      },
      3,
    ],
    [
      'none, up',
      {
        current: 1,
        wanted: 3,
        behavior: window(150, 300),
        proposals: [
          [120, 4],
          [60, 5],
        ],
      },
      3,
    ],
    [
      'too old, down',
      {
        current: 100,
        wanted: 3,
        behavior: window(0, 300),
        proposals: [
          [600, 10],
          [540, 9],
        ],
      },
      3,
    ],
    [
      'too old, up',
      {
        current: 1,
        wanted: 100,
        behavior: window(60, 300),
        proposals: [
          [600, 10],
          [540, 9],
        ],
      },
      100,
    ],
    [
      'some too old, down',
      {
        current: 100,
        wanted: 3,
        behavior: window(0, 150),
        proposals: [
          [600, 10],
          [540, 9],
          [120, 5],
          [60, 4],
        ],
      },
      5,
    ],
    [
      'some too old, up',
      {
        current: 1,
        wanted: 100,
        behavior: window(150, 300),
        proposals: [
          [6000, 10],
          [180, 9],
          [120, 5],
          [60, 6],
        ],
      },
      5,
    ],
    [
      'both ways at once: between them',
      { current: 5, wanted: 9, behavior: window(60, 60), proposals: [[30, 3]] },
      5,
    ],
    [
      'as old as the window is too old',
      { current: 5, wanted: 1, behavior: window(0, 60), proposals: [[60, 9]] },
      1,
    ],
  ])('%s', (_, given, wanted) => expect(desiredOf(given)).toBe(wanted))
})

describe('defaults', () => {
  it('are those of a behavior block: up at once by 100 % or 4 in 15 s, down when 300 s agree, all at once', () => {
    expect(behaviorDefaults).toEqual({
      scaleOut: {
        windowMs: 0,
        rates: [percent(100, 15_000), count(4, 15_000)],
        select: 'max',
        cooldownMs: 0,
        cooldownAfterMs: 0,
      },
      scaleIn: {
        windowMs: 300_000,
        rates: [percent(100, 15_000)],
        select: 'max',
        cooldownMs: 0,
        cooldownAfterMs: 0,
        whileWarming: 'hold',
      },
    })
  })
})

describe('bounds first', () => {
  it.each([
    ['above max', 12, 10],
    ['below min', 1, 2],
  ])('%s is mended by nothing but the bounds', (_, current, wanted) => {
    const never: Policy = {
      name: 'never',
      metrics: [],
      evaluate: () => expect.unreachable('it was asked'),
    }
    const options = {
      min: 2,
      max: 10,
      policies: [never],
      behavior: fullBehavior({ scaleIn: { select: 'disabled' } }),
      missing: new Map(),
    }
    expect(decide(options, undefined, observe(current, current), []).desired).toBe(wanted)
  })
})

describe('several metrics, one of them failing', () => {
  const policies = [
    targetTracking({ metric: 'cpu', target: 0.3 }),
    targetTracking({ metric: 'qps', target: 100 }),
  ]
  const decideWith = (cpu: readonly number[]): number => {
    const readings: readonly Reading[] = [...perInstance('cpu', cpu), ofGroup('qps', undefined)]
    const behavior = fullBehavior({ scaleIn: undelayed })
    const options = { min: 2, max: 6, policies, behavior, missing: new Map() }
    return decide(options, undefined, observe(cpu.length, cpu.length), readings).desired
  }
  it('grows on what there is', () => expect(decideWith([0.3, 0.4, 0.5])).toBe(4))
  it('does not shrink', () => expect(decideWith([0.1, 0.1, 0.1, 0.05, 0.05])).toBe(5))
})
