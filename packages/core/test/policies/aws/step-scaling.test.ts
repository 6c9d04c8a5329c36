import { describe, expect, it } from 'vitest'
import type { StepScalingOptions } from '../../../src/policies/aws/step-scaling.js'
import { adjustedCapacity } from '../../../src/policies/aws/adjustment.js'
import { observe, ofGroup, perInstance } from '../../observations.js'
import { evaluate, group, verdict } from '../evaluating.js'
import { stepScaling } from '../policies.js'

/** The worked example of the EC2 Auto Scaling guide: a threshold of 50, in percent of the group. */
const scaleOut: StepScalingOptions = {
  metric: 'cpu',
  threshold: 50,
  kind: 'percent',
  steps: [
    { lower: 0, upper: 10, adjust: 0 },
    { lower: 10, upper: 20, adjust: 10 },
    { lower: 20, adjust: 30 },
  ],
}
const scaleIn: StepScalingOptions = {
  ...scaleOut,
  steps: [
    { lower: -10, upper: 0, adjust: 0 },
    { lower: -20, upper: -10, adjust: -10 },
    { upper: -20, adjust: -30 },
  ],
}
const cpu = (value: number): ReturnType<typeof ofGroup>[] => [ofGroup('cpu', value)]

describe('stepScaling, the worked example of the guide', () => {
  it.each([
    ['at 60 the second step of 10 in service', 60, observe(10, 10), 11],
    ['at 70 the third step of 11, 3.3 rounded down', 70, observe(11, 11), 14],
    [
      'at 62 with the new one still warming, the same step',
      62,
      group(11, { 'in-service': 10, warming: 1 }),
      11,
    ],
    ['at 70 with the new one still warming, 30 % of 10', 70, group(11, { 'in-service': 10, warming: 1 }), 13],
    [
      'at 70 with the new one still launching, 30 % of 10',
      70,
      group(11, { 'in-service': 10, launching: 1 }),
      13,
    ],
    ['at 55 the step of nothing', 55, observe(10, 10), 10],
    ['at 45 no step of its own', 45, observe(10, 10), 'no-opinion'],
  ])('out: %s', (_, value, observation, wanted) => {
    expect(verdict(stepScaling(scaleOut), cpu(value), observation)).toBe(wanted)
  })

  it.each([
    ['at 40 the second step of 14, 1.4 rounded down', 40, observe(14, 14), 13],
    ['at 30 the third step of 13, 3.9 rounded down', 30, observe(13, 13), 10],
    ['at 38 with one still draining, the same step', 38, group(13, { 'in-service': 13, draining: 1 }), 13],
    [
      'at 38 with one still terminating, the same step',
      38,
      group(13, { 'in-service': 13, terminating: 1 }),
      13,
    ],
    ['at 25 with one still leaving, 30 % of 14', 25, group(13, { 'in-service': 13, terminating: 1 }), 10],
    ['at 30 while one is coming, nothing', 30, group(13, { 'in-service': 12, warming: 1 }), 13],
    ['at 55 no step of its own', 55, observe(10, 10), 'no-opinion'],
  ])('in: %s', (_, value, observation, wanted) => {
    expect(verdict(stepScaling(scaleIn), cpu(value), observation)).toBe(wanted)
  })
})

describe('the bounds of a step', () => {
  const both = stepScaling({
    metric: 'cpu',
    threshold: 50,
    kind: 'exact',
    steps: [
      { upper: -20, adjust: 1 },
      { lower: -20, upper: -10, adjust: 2 },
      { lower: -10, upper: 0, adjust: 3 },
      { lower: 0, upper: 10, adjust: 4 },
      { lower: 10, upper: 20, adjust: 5 },
      { lower: 20, adjust: 6 },
    ],
  })
  it.each([
    [50, 4],
    [59.999, 4],
    [60, 5],
    [69.999, 5],
    [70, 6],
    [1e9, 6],
    [49.999, 3],
    [40.001, 3],
    [40, 2],
    [30.001, 2],
    [30, 1],
    [-1e9, 1],
  ])('%d is in the step to %d', (value, wanted) => {
    expect(verdict(both, cpu(value), observe(10, 10))).toBe(wanted)
  })

  it('are met by a value that only a binary fraction keeps from them', () => {
    const share = stepScaling({ metric: 'cpu', threshold: 0.5, steps: [{ lower: 0.2, adjust: 2 }] })
    // 0.7 - 0.5 is 0.19999999999999996
    expect(verdict(share, cpu(0.7), observe(3, 3))).toBe(5)
  })

  it('belong to the fall when the threshold itself is met and no step rises from it', () => {
    const fall = stepScaling({ metric: 'cpu', threshold: 30, steps: [{ upper: 0, adjust: -1 }] })
    expect([31, 30, 29].map((value) => verdict(fall, cpu(value), observe(5, 5)))).toEqual([
      'no-opinion',
      4,
      4,
    ])
  })
})

describe('adjustments', () => {
  it.each([
    ['change', 3, 5, undefined, 8],
    ['change', 3, -5, undefined, 0],
    ['exact', 3, 5, undefined, 5],
    ['percent', 10, 10, undefined, 11],
    ['percent', 127, 10, undefined, 139], // 12.7 is 12
    ['percent', 67, 1, undefined, 68], // 0.67 is 1
    ['percent', 58, -1, undefined, 57], // -0.58 is -1
    ['percent', 667, -1, undefined, 661], // -6.67 is -6
    ['percent', 100, 1, undefined, 101], // 1 is 1
    ['percent', 4, 25, 2, 6],
    ['percent', 8, -25, undefined, 6],
    ['percent', 40, 25, 2, 50],
    ['percent', 4, -25, 2, 2],
    ['percent', 0, 100, undefined, 0],
    ['percent', 0, 100, 2, 2],
    ['percent', 7, 0, 2, 7],
    ['percent', 290, 10, undefined, 319], // 29 in spite of binary fractions
  ] as const)('%s of %d by %d (at least %s) is %d', (kind, capacity, adjust, minMagnitude, wanted) => {
    expect(adjustedCapacity(capacity, adjust, kind, minMagnitude)).toBe(wanted)
  })
})

describe('stepScaling', () => {
  it('acts once on a breach that stays in its step, and again when the step is a larger one', () => {
    const policy = stepScaling({
      metric: 'cpu',
      threshold: 50,
      steps: [
        { lower: 0, upper: 20, adjust: 1 },
        { lower: 20, adjust: 3 },
      ],
    })
    const warming = (desired: number): ReturnType<typeof group> =>
      group(desired, { 'in-service': 5, warming: desired - 5 })
    expect(verdict(policy, cpu(60), warming(5))).toBe(6)
    expect(verdict(policy, cpu(60), warming(6))).toBe(6)
    expect(verdict(policy, cpu(75), warming(6))).toBe(8)
    expect(verdict(policy, cpu(60), warming(8))).toBe(8)
  })

  it('leaves those warming up out of the mean', () => {
    const policy = stepScaling({ metric: 'cpu', threshold: 0.5, steps: [{ lower: 0, adjust: 1 }] })
    const readings = perInstance('cpu', [0.4, 0.4, 1])
    const observation = group(3, {})
    const instances = observe(3, 2, 1).instances.map((one, index) =>
      index === 2 ? { ...one, state: 'warming' as const, status: 'running' as const } : one,
    )
    expect(verdict(policy, readings, { ...observation, instances })).toBe('no-opinion')
  })

  it('does not shrink while one that runs gave no value, and says so', () => {
    const policy = stepScaling({ metric: 'cpu', threshold: 0.5, steps: [{ upper: 0, adjust: -1 }] })
    const { proposal } = evaluate(policy, perInstance('cpu', [0.1, undefined]), observe(2, 2))
    expect(proposal).toEqual({
      kind: 'count',
      count: 2,
      reason:
        'cpu 0.1 over 1 is 0.4 under 0.5: step down from 0 removes 1 from 2, so 1; but 1 that run gave no value, so not down to 1',
    })
  })

  it('goes to an exact capacity whatever is coming, and back only when nothing is', () => {
    const policy = stepScaling({
      metric: 'jobs',
      threshold: 10,
      kind: 'exact',
      steps: [
        { upper: 0, adjust: 2 },
        { lower: 0, adjust: 6 },
      ],
    })
    const coming = group(4, { 'in-service': 3, launching: 1 })
    expect(verdict(policy, [ofGroup('jobs', 20)], coming)).toBe(6)
    expect(verdict(policy, [ofGroup('jobs', 5)], coming)).toBe(4)
    expect(verdict(policy, [ofGroup('jobs', 5)], observe(4, 4))).toBe(2)
    expect(verdict(policy, [ofGroup('jobs', 5)], observe(2, 2))).toBe(2)
  })

  it('says what it did and why', () => {
    const { proposal } = evaluate(stepScaling(scaleOut), cpu(70), group(11, { 'in-service': 10, warming: 1 }))
    expect(proposal.reason).toBe(
      'cpu 70 is 20 over 50: step 20 and up adds 30 % to 10, so 13, with 1 of 11 still to come',
    )
  })

  const step = { metric: 'cpu', threshold: 50 }
  it.each([
    ['no step at all', { steps: [] }, 'steps'],
    ['a step without any bound', { steps: [{ adjust: 1 }] }, 'steps'],
    ['a step upside down', { steps: [{ lower: 10, upper: 10, adjust: 1 }] }, 'steps'],
    [
      'an overlap',
      {
        steps: [
          { lower: 0, upper: 10, adjust: 1 },
          { lower: 9, adjust: 2 },
        ],
      },
      'steps',
    ],
    [
      'a gap',
      {
        steps: [
          { lower: 0, upper: 10, adjust: 1 },
          { lower: 11, adjust: 2 },
        ],
      },
      'steps',
    ],
    [
      'two without a lower bound',
      {
        steps: [
          { upper: 0, adjust: -1 },
          { upper: -10, adjust: -2 },
        ],
      },
      'steps',
    ],
    [
      'two without an upper bound',
      {
        steps: [
          { lower: 0, adjust: 1 },
          { lower: 10, adjust: 2 },
        ],
      },
      'steps',
    ],
    ['a positive upper bound and no end', { steps: [{ lower: 0, upper: 10, adjust: 1 }] }, 'steps'],
    ['a negative lower bound and no end', { steps: [{ lower: -10, upper: 0, adjust: -1 }] }, 'steps'],
    ['half an instance', { steps: [{ lower: 0, adjust: 0.5 }] }, 'steps.0.adjust'],
    ['a negative capacity', { kind: 'exact', steps: [{ lower: 0, adjust: -1 }] }, 'steps.0.adjust'],
    ['NaN', { steps: [{ lower: Number.NaN, adjust: 1 }] }, 'steps.0.lower'],
    [
      'a least magnitude without percent',
      { minMagnitude: 2, steps: [{ lower: 0, adjust: 1 }] },
      'minMagnitude',
    ],
    [
      'a least magnitude of nothing',
      { kind: 'percent', minMagnitude: 0, steps: [{ lower: 0, adjust: 1 }] },
      'minMagnitude',
    ],
    ['an unknown kind', { kind: 'double', steps: [{ lower: 0, adjust: 1 }] }, 'kind'],
    ['an unknown option', { cooldown: 1, steps: [{ lower: 0, adjust: 1 }] }, 'cooldown'],
  ])('refuses %s', (_, options, field) => {
    const build = (): unknown => stepScaling({ ...step, ...options } as never)
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })

  it('takes steps in any order', () => {
    const [first, second, third] = scaleOut.steps
    const policy = stepScaling({ ...scaleOut, steps: [third!, first!, second!] })
    expect(verdict(policy, cpu(60), observe(10, 10))).toBe(11)
  })
})
