import { describe, expect, it } from 'vitest'
import type { Policy, Reading } from '../../../src/index.js'
import type { WindowThresholdOptions } from '../../../src/policies/nomad/window-threshold.js'
import { at, observe, ofGroup, perInstance } from '../../observations.js'
import { blind, evaluate, follow, silent, verdict } from '../evaluating.js'
import {
  any,
  dampen,
  during,
  fixed,
  nomadMerge,
  scheduled,
  passThrough,
  targetValue,
  windowThreshold,
} from '../policies.js'

/** One value a second, the last of them now; what it then says. */
function afterPoints(
  values: readonly number[],
  desired: number,
  options: Partial<WindowThresholdOptions>,
): number | string {
  const policy = windowThreshold({ metric: 'm', lower: 5, upper: 20, windowMs: 60_000, ...options })
  const ticks = values.map((value, index) => [index, value] as const)
  let state
  let last: number | string = 'nothing'
  for (const [atS, value] of ticks) {
    const now = at + atS * 1000
    const evaluation = evaluate(
      policy,
      [{ ...ofGroup('m', value), at: now }],
      observe(desired, desired),
      now,
      state,
    )
    state = evaluation.state
    last = evaluation.proposal.kind === 'count' ? evaluation.proposal.count : evaluation.proposal.kind
  }
  return last
}

const sixTens = [10, 10, 10, 10, 10, 10]

/** Cases that Nomad's own strategy is held to (nomad-autoscaler, plugins/builtin/strategy/threshold). */
describe('windowThreshold', () => {
  it.each<readonly [string, readonly number[], number, Partial<WindowThresholdOptions>, number | string]>([
    ['delta scale up', sixTens, 1, { delta: 1 }, 2],
    ['delta scale down', sixTens, 1, { delta: -1 }, 0],
    ['percentage scale up', sixTens, 10, { percent: 30 }, 13],
    ['percentage scale down', sixTens, 10, { percent: -30 }, 7],
    ['percentage scale none', sixTens, 10, { percent: 0 }, 10],
    ['value scale up', sixTens, 1, { value: 10 }, 10],
    ['value scale down', sixTens, 20, { value: 10 }, 10],
    ['value scale none', sixTens, 10, { value: 10 }, 10],
    ['not enough metrics within bounds', [10, 0, 0, 0, 0, 0], 1, { delta: 1 }, 'no-opinion'],
    ['custom trigger value', [10, 0, 0, 0, 0, 0], 1, { delta: 1, trigger: 1 }, 2],
    ['points need not follow one another', [10, 0, 10, 0, 10, 0, 10, 0, 10], 1, { delta: 1 }, 2],
    ['four of them are not five', [10, 10, 10, 10, 0], 1, { delta: 1 }, 'no-opinion'],
    ['the lower bound is inside', [5, 5, 5, 5, 5], 1, { delta: 1 }, 2],
    ['the upper bound is outside', [20, 20, 20, 20, 20], 1, { delta: 1 }, 'no-opinion'],
    ['below zero is none', sixTens, 1, { delta: -5 }, 0],
    ['a percentage is rounded up', sixTens, 10, { percent: 1 }, 11],
    ['and not for a binary fraction', sixTens, 10, { percent: 10 }, 11],
    ['and down, too, so a small group stays', sixTens, 1, { percent: -30 }, 1],
  ])('%s', (_, values, desired, options, wanted) => {
    expect(afterPoints(values, desired, options)).toBe(wanted)
  })

  it('counts points of its window alone, and a value that was read again once', () => {
    const policy = windowThreshold({ metric: 'm', lower: 5, windowMs: 60_000, trigger: 3, delta: 1 })
    const tick = (atS: number): readonly [number, number] => [atS, 9]
    expect(follow(policy, 'm', [tick(0), tick(30), tick(61), tick(62)], 1)).toEqual([
      'no-opinion',
      'no-opinion',
      'no-opinion',
      2,
    ])
    const same: Reading = ofGroup('m', 9)
    let state
    for (let tickIndex = 0; tickIndex < 5; tickIndex += 1) {
      const evaluation = evaluate(policy, [same], observe(1, 1), at + tickIndex * 1000, state)
      state = evaluation.state
      expect(evaluation.proposal.kind).toBe('no-opinion')
    }
  })

  it('keeps its points while the metric is missing, and cannot tell meanwhile', () => {
    const policy = windowThreshold({ metric: 'm', lower: 5, windowMs: 60_000, trigger: 2, delta: 1 })
    expect(
      follow(
        policy,
        'm',
        [
          [0, 9],
          [15, undefined],
          [30, 9],
        ],
        1,
      ),
    ).toEqual(['no-opinion', 'cannot-tell', 2])
  })

  it('does not count points twice over when the clock goes back', () => {
    const policy = windowThreshold({ metric: 'm', lower: 5, windowMs: 60_000, trigger: 3, delta: 1 })
    expect(
      follow(
        policy,
        'm',
        [
          [3600, 9],
          [0, 9],
          [30, 9],
          [59, 9],
          [70, 0],
        ],
        1,
      ),
    ).toEqual(['no-opinion', 'no-opinion', 'no-opinion', 2, 'no-opinion'])
  })

  it('remembers no more than an hour of seconds', () => {
    const policy = windowThreshold({ metric: 'm', lower: 5, windowMs: 86_400_000, delta: 1 })
    const state = Array.from({ length: 5000 }, (_, index) => [at - 5000 + index, 1])
    const evaluation = evaluate(policy, [ofGroup('m', 9)], observe(1, 1), at, state)
    expect(evaluation.state).toHaveLength(3600)
  })

  it.each([
    ['more of those in service', { delta: 2 }, 4, 2, 4],
    ['more of those in service than are coming', { delta: 3 }, 4, 2, 5],
    ['a share of those in service', { percent: 50 }, 6, 2, 6],
    ['fewer, not while some are coming', { delta: -1 }, 4, 1, 4],
    ['a count, whatever is coming', { value: 9 }, 4, 2, 9],
    ['a smaller count, whatever is coming', { value: 3 }, 4, 2, 3],
  ])('does not act twice on the same points: %s', (_, move, desired, coming, wanted) => {
    const policy = windowThreshold({ metric: 'm', lower: 5, trigger: 1, ...move })
    expect(verdict(policy, [ofGroup('m', 9)], observe(desired, desired - coming, coming))).toBe(wanted)
  })

  it('says how many points it found', () => {
    const policy = windowThreshold({ metric: 'm', lower: 5, trigger: 1, percent: -50 })
    expect(evaluate(policy, [ofGroup('m', 9)], observe(4, 4)).proposal.reason).toBe(
      'm was at least 5 in 1 of 1 points of the last 120 s: -50 %, from 4, to 2',
    )
  })

  it.each([
    ['lower', { lower: undefined, upper: undefined, delta: 1 }],
    ['lower', { lower: 3, upper: 3, delta: 1 }],
    ['lower', { lower: Number.NaN, delta: 1 }],
    ['upper', { upper: '3', delta: 1 }],
    ['delta', {}],
    ['delta', { delta: 1, value: 10 }],
    ['delta', { delta: 1.5 }],
    ['value', { value: -1 }],
    ['trigger', { trigger: 0, delta: 1 }],
    ['windowMs', { windowMs: 0, delta: 1 }],
  ])('refuses a bad %s', (field, options) => {
    const build = (): unknown => windowThreshold({ metric: 'm', lower: 1, ...options } as never)
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})

/** Cases of plugins/builtin/strategy/target-value. */
describe('targetValue', () => {
  it.each([
    ['factor equals 1 with non-zero count', { target: 13 }, 13, 2, 2],
    ['factor greater than 1 with non-zero count', { target: 13 }, 26, 2, 4],
    ['scale from 0 with non-zero target', { target: 10 }, 20, 0, 2],
    ['no scaling based on small target/metric difference', { target: 10 }, 9, 1, 1],
    ['scale from 0 with 0 target', { target: 0 }, 1, 0, 1],
    ['scale to 0 with 0 target', { target: 0 }, 0, 5, 0],
    ["don't scale when the factor change is small", { target: 5 }, 5.00001, 8, 8],
    ['scale up on small changes if threshold is small', { target: 5, epsilon: 0.000001 }, 5.00001, 8, 9],
    ['scale up is limited', { target: 5, maxOut: 2 }, 50, 8, 10],
    ['scale down is limited', { target: 5, maxIn: 2 }, 1, 8, 6],
    ['within the limits it is not', { target: 5, maxOut: 2, maxIn: 2 }, 6, 8, 10],
    ['scale from 0 is limited', { target: 10, maxOut: 1 }, 20, 0, 1],
    ['nothing to do from 0', { target: 10 }, 0, 0, 0],
    ['the upper end of epsilon', { target: 1 }, 1.01, 5, 5],
    ['above it', { target: 1 }, 1.02, 5, 6],
    ['the lower end of epsilon', { target: 1 }, 0.99, 5, 5],
    ['below it', { target: 1 }, 0.98, 100, 98],
    ['half', { target: 1 }, 0.5, 4, 2],
    ['a metric below zero', { target: 1 }, -3, 4, 0],
  ])('%s', (_, options, value, desired, wanted) => {
    const policy = targetValue({ metric: 'm', ...options })
    expect(verdict(policy, [ofGroup('m', value)], observe(desired, desired))).toBe(wanted)
  })

  it.each([
    ['the value is of those in service: twice the target, and the others are coming', 20, 4, 2, 4],
    ['more than those that are coming will carry', 30, 4, 2, 6],
    ['no fewer while some are coming', 5, 4, 2, 4],
    ['none is in service yet', 50, 4, 4, 4],
  ])('takes what is coming into account: %s', (_, value, desired, coming, wanted) => {
    const policy = targetValue({ metric: 'm', target: 10 })
    expect(verdict(policy, [ofGroup('m', value)], observe(desired, desired - coming, coming))).toBe(wanted)
  })

  it('does not compound while launches take their time', () => {
    const policy = targetValue({ metric: 'm', target: 10 })
    let desired = 4
    // Four ticks a launch, and the value is that of the four in service.
    for (let tick = 0; tick < 4; tick += 1) {
      const proposal = verdict(policy, [ofGroup('m', 15)], observe(desired, 4, desired - 4))
      desired = Number(proposal)
    }
    expect(desired).toBe(6)
  })

  it.each([
    ['out', 20],
    ['in', 5],
  ])('never moves %s when its limit there is 0', (_, value) => {
    const policy = targetValue({ metric: 'm', target: 10, maxOut: 0, maxIn: 0 })
    expect(verdict(policy, [ofGroup('m', value)], observe(4, 4))).toBe(4)
  })

  it('averages a metric of instances, and does not shrink while one gave no value', () => {
    const policy = targetValue({ metric: 'cpu', target: 0.5 })
    expect(verdict(policy, perInstance('cpu', [0.9, 0.7]), observe(2, 2))).toBe(4)
    expect(verdict(policy, perInstance('cpu', [0.1, undefined]), observe(2, 2))).toBe(2)
    expect(verdict(policy, perInstance('cpu', [0.9, undefined]), observe(2, 2))).toBe(4)
  })

  it('says its factor', () => {
    const policy = targetValue({ metric: 'm', target: 13, maxOut: 1 })
    expect(evaluate(policy, [ofGroup('m', 26)], observe(2, 2)).proposal.reason).toBe(
      'm 26 is 2 x the target 13 of 2, so 4; at most 1 more at once',
    )
  })

  it.each([
    ['target', { target: -1 }],
    ['target', { target: Number.NaN }],
    ['epsilon', { target: 1, epsilon: -0.1 }],
    ['maxOut', { target: 1, maxOut: -1 }],
    ['maxIn', { target: 1, maxIn: 1.5 }],
  ])('refuses a bad %s', (field, options) => {
    const build = (): unknown => targetValue({ metric: 'm', ...options })
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})

/** Cases of plugins/builtin/strategy/pass-through. */
describe('passThrough', () => {
  it.each([
    ['scale up', {}, 13, 2, 13],
    ['scale down to 0', {}, 0, 2, 0],
    ['current count same as metric', {}, 10, 10, 10],
    ['max_scale_up is set', { maxOut: 3 }, 13, 2, 5],
    ['max_scale_down is set', { maxIn: 1 }, 3, 10, 9],
    ['no fraction', {}, 5.9, 2, 5],
    ['below zero', {}, -3, 2, 0],
    ['past all counting', {}, 1e300, 2, Number.MAX_SAFE_INTEGER],
  ])('%s', (_, options, value, desired, wanted) => {
    const policy = passThrough({ metric: 'm', ...options })
    expect(verdict(policy, [ofGroup('m', value)], observe(desired, desired))).toBe(wanted)
  })

  it('cannot tell without a metric of the group', () => {
    const policy = passThrough({ metric: 'm' })
    expect(verdict(policy, [ofGroup('m', undefined)])).toBe('cannot-tell')
    expect(verdict(policy, [])).toBe('cannot-tell')
    expect(evaluate(policy, perInstance('m', [3, 4])).proposal.reason).toContain('of single instances')
  })
})

describe('merging checks', () => {
  // The time of these tests is midnight.
  const atNoon = { start: '0 12 * * *', durationMs: 3_600_000 }
  const always = { start: '0 0 * * *', durationMs: 86_400_000 }
  const merged = (policy: Policy): number | string => verdict(policy, [], observe(5, 5))

  // A group of checks in Nomad.
  it.each([
    ['up before down', any(fixed(3), fixed(6)), 6],
    ['the larger of two that go up', any(fixed(6), fixed(7)), 7],
    ['the milder of two that go down', any(fixed(2), fixed(3)), 3],
    ['none does not count', any(fixed(5), fixed(3)), 3],
    ['no opinion does not count', any(silent, fixed(3)), 3],
    ['none when all are none', any(fixed(5), silent), 5],
    ['no opinion when nobody has one', any(silent), 'no-opinion'],
    ['not down while one cannot tell', any(fixed(3), blind), 'cannot-tell'],
    ['up although one cannot tell', any(fixed(6), blind), 6],
  ])('any: %s', (_, policy, wanted) => expect(merged(policy)).toBe(wanted))

  // Checks outside a group.
  it.each([
    ['up before none', nomadMerge(fixed(5), fixed(6)), 6],
    ['up before down', nomadMerge(fixed(3), fixed(6)), 6],
    ['none before down', nomadMerge(fixed(5), fixed(3)), 5],
    ['no opinion is none', nomadMerge(silent, fixed(3)), 5],
    ['outside its schedule a check has no vote', nomadMerge(during(atNoon, fixed(5)), fixed(3)), 3],
    ['nor one wrapped', nomadMerge(dampen(during(atNoon, fixed(5)), {}), fixed(3)), 3],
    ['nor a plain schedule', nomadMerge(scheduled({ ...atNoon, count: 5 }), fixed(0)), 0],
    ['inside it has one', nomadMerge(during(always, fixed(5)), fixed(3)), 5],
    ['no opinion when all are outside', nomadMerge(during(atNoon, fixed(5))), 'no-opinion'],
    ['the milder of two that go down', nomadMerge(fixed(2), fixed(3)), 3],
    [
      'a group in which one would do nothing lets the others go down',
      nomadMerge(any(fixed(5), fixed(3)), fixed(4)),
      4,
    ],
    ['not down while one cannot tell', nomadMerge(fixed(3), blind), 'cannot-tell'],
    ['up although one cannot tell', nomadMerge(fixed(6), blind), 6],
    ['no opinion when nobody has one', nomadMerge(silent), 'no-opinion'],
  ])('nomadMerge: %s', (_, policy, wanted) => expect(merged(policy)).toBe(wanted))

  it('says which check held it', () => {
    expect(evaluate(nomadMerge(silent, fixed(3)), [], observe(5, 5)).proposal.reason).toBe(
      'one check would do nothing: silent: not now, so 5',
    )
  })
})
