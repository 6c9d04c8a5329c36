import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullBehavior, undamped } from '../../../src/decide/behavior.js'
import { type Behavior, type DecisionState, type Policy, decide } from '../../../src/index.js'
import { at, observe, ofGroup } from '../../observations.js'
import { anyBehavior } from '../any-policy.js'
import { dampen, passThrough, targetTracking } from '../policies.js'
import { propertyRuns } from '../../../../../scripts/lib/property-runs.js'

const wanted = passThrough({ metric: 'wanted' })

/** The sizes of a group over time, for what it is asked to be at each tick; undefined when that cannot be told. */
function sizes(
  policy: Policy,
  behavior: Behavior,
  asked: readonly (number | undefined)[],
  start: number,
  everyMs = 15_000,
): readonly number[] {
  let state: DecisionState | undefined
  let desired = start
  const options = {
    min: 0,
    max: 200,
    policies: [policy],
    behavior: fullBehavior(behavior, undamped),
    missing: new Map(),
  }
  return asked.map((value, tick) => {
    const now = at + tick * everyMs
    const observation = { ...observe(desired, desired), at: now }
    const decision = decide(options, state, observation, [{ ...ofGroup('wanted', value), at: now }])
    state = decision.state
    desired = decision.desired
    return desired
  })
}

const times = (count: number, tick: number): number[] => Array.from({ length: count }, () => tick)
const dampened = (behavior: Behavior, asked: readonly number[], start: number): readonly number[] =>
  sizes(dampen(wanted, behavior), {}, asked, start)

describe('dampen', () => {
  it.each<readonly [string, Behavior, number[], number, number[]]>([
    [
      'a period of one interval lets one step go each time',
      { scaleOut: { rates: [{ count: 1, periodMs: 15_000 }] } },
      times(5, 9),
      1,
      [2, 3, 4, 5, 6],
    ],
    [
      "the rates that are Kubernetes' default",
      {
        scaleOut: {
          rates: [
            { percent: 100, periodMs: 15_000 },
            { count: 4, periodMs: 15_000 },
          ],
        },
      },
      times(5, 90),
      1,
      [5, 10, 20, 40, 80],
    ],
    [
      'two in a minute on the way in',
      { scaleIn: { rates: [{ count: 2, periodMs: 60_000 }] } },
      times(6, 1),
      20,
      [18, 18, 18, 18, 16, 16],
    ],
    [
      'a cooldown of one interval is over at the next',
      { scaleOut: { cooldownMs: 15_000, rates: [{ count: 1, periodMs: 1000 }] } },
      times(4, 9),
      1,
      [2, 3, 4, 5],
    ],
    [
      'the size at the start counts as proposed',
      { scaleIn: { windowMs: 30_000 } },
      times(4, 3),
      5,
      [5, 5, 3, 3],
    ],
  ])('%s', (_, behavior, asked, start, expected) =>
    expect(dampened(behavior, asked, start)).toEqual(expected),
  )

  it('shrinks no group at once when the policy inside it is changed, and with it whose state it is', () => {
    const kept = (target: number): Policy =>
      dampen(targetTracking({ metric: 'wanted', target }), { scaleIn: { windowMs: 300_000 } })
    const options = { min: 0, max: 20, behavior: undamped, missing: new Map() }
    const observation = observe(10, 10)
    const before = decide({ ...options, policies: [kept(0.5)] }, undefined, observation, [
      ofGroup('wanted', 5),
    ])
    const later = { ...observation, at: at + 15_000 }
    const changed = { ...options, policies: [kept(0.6)] }
    expect(decide(changed, before.state, later, [{ ...ofGroup('wanted', 1), at: later.at }]).desired).toBe(10)
  })

  it("is the group's own behavior, for one policy", () => {
    fc.assert(
      fc.property(
        anyBehavior,
        fc.array(fc.option(fc.nat(40), { nil: undefined, freq: 6 }), { maxLength: 30 }),
        fc.nat(40),
        fc.constantFrom(5000, 15_000, 20_000),
        (behavior, asked, start, everyMs) => {
          expect(sizes(dampen(wanted, behavior), {}, asked, start, everyMs)).toEqual(
            sizes(wanted, behavior, asked, start, everyMs),
          )
        },
      ),
      { numRuns: propertyRuns(300) },
    )
  })
})
