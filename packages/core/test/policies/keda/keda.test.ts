import { describe, expect, it } from 'vitest'
import type { Json, Policy } from '../../../src/index.js'
import { decide } from '../../../src/index.js'
import { fullBehavior } from '../../../src/authoring.js'
import type { ActivationOptions } from '../../../src/policies/keda/activation.js'
import { at, observe, ofGroup } from '../../observations.js'
import { blind, evaluate, silent, verdict, verdictOf } from '../evaluating.js'
import { activation, backlog, fallback, fixed } from '../policies.js'

type Settings = Omit<ActivationOptions, 'metric' | 'formula'>

const active = (options: Settings = {}, policy: Policy = fixed(4)): Policy =>
  activation(policy, { metric: 'queue', ...options })

/** What it says at a count, for a value, so many seconds after it was last active. */
function activationAt(
  desired: number,
  value: number | undefined,
  options: Settings = {},
  lastActiveS?: number,
): number | string {
  const activeAt = lastActiveS === undefined ? {} : { activeAt: at - lastActiveS * 1000 }
  const state: Json | undefined =
    lastActiveS === undefined ? undefined : { firstAt: at - 3_600_000, ...activeAt }
  return verdict(active(options), [ofGroup('queue', value)], observe(desired, desired), at, state)
}

/** Cases of KEDA's scale executor (kedacore/keda, pkg/scaling/executor) and its guide. */
describe('activation', () => {
  const idleMode = { idleCount: 0, activeCount: 5 }
  it.each<readonly [string, number, number, Settings, number | undefined, number]>([
    ['ScaleToMinReplicasWhenNotActive', 10, 0, {}, undefined, 0],
    ['ScaleFromMinReplicasWhenActive', 0, 1, {}, undefined, 1],
    ['ScaleToIdleReplicasWhenNotActive', 10, 0, idleMode, undefined, 0],
    ['ScaleFromIdleToMinReplicasWhenActive', 0, 1, idleMode, undefined, 5],
    ['from 2 to 5 when active under the minimum', 2, 1, idleMode, undefined, 5],
    ['the threshold itself is not active', 0, 50, { above: 50 }, undefined, 0],
    ['just above it is', 0, 50.001, { above: 50 }, undefined, 1],
    ['activation outranks scaling: 40 items, activation 50', 4, 40, { above: 50 }, 301, 0],
    ['active, the policy decides', 3, 1, {}, 0, 4],
    ['cooling down, the policy decides', 3, 0, {}, 100, 4],
    ['the cooldown must lie wholly behind', 3, 0, {}, 300, 4],
    ['and then it is idle', 3, 0, {}, 300.001, 0],
    ['a cooldown of its own', 3, 0, { cooldownMs: 10_000 }, 11, 0],
    ['idle, and still not active', 0, 0, {}, 1000, 0],
    ['idle with some left running', 1, 0, { idleCount: 1, activeCount: 2 }, 1000, 1],
    ['down to those', 6, 0, { idleCount: 1, activeCount: 2 }, 1000, 1],
    ['up from those', 1, 3, { idleCount: 1, activeCount: 2 }, 1000, 2],
  ])('%s', (_, desired, value, options, lastActiveS, wanted) => {
    expect(activationAt(desired, value, options, lastActiveS)).toBe(wanted)
  })

  it('has at least activeCount while it is active or cooling down, whatever the policy says', () => {
    const policy = active({ activeCount: 3 }, fixed(0))
    expect(verdict(policy, [ofGroup('queue', 1)], observe(5, 5))).toBe(3)
    const { state } = evaluate(policy, [ofGroup('queue', 1)], observe(5, 5))
    expect(verdict(policy, [ofGroup('queue', 0)], observe(5, 5), at + 1000, state)).toBe(3)
    expect(verdict(active({ activeCount: 3 }, silent), [ofGroup('queue', 1)], observe(5, 5))).toBe(
      'no-opinion',
    )
    expect(verdict(active({ activeCount: 3 }, blind), [ofGroup('queue', 1)], observe(2, 2))).toBe(3)
    expect(verdict(active({ activeCount: 3 }, blind), [ofGroup('queue', 1)], observe(5, 5))).toBe(
      'cannot-tell',
    )
  })

  it('waits for its initial cooldown when it has not been active yet', () => {
    const policy = active({ initialCooldownMs: 60_000 })
    const empty = [ofGroup('queue', 0)]
    const { proposal, state } = evaluate(policy, empty, observe(3, 3))
    expect(verdictOf(proposal)).toBe(4)
    expect(verdict(policy, empty, observe(3, 3), at + 59_999, state)).toBe(4)
    expect(verdict(policy, empty, observe(3, 3), at + 60_000, state)).toBe(0)
  })

  it('neither wakes nor sleeps while its metric is missing, and lets a group that runs grow', () => {
    const missing = [ofGroup('queue', undefined)]
    expect(verdict(active(), missing, observe(3, 3))).toBe(4)
    expect(verdict(active(), missing, observe(5, 5))).toBe('cannot-tell')
    expect(verdict(active(), missing, observe(0, 0))).toBe('cannot-tell')
  })

  it('does not forget its cooldown when the clock goes back', () => {
    const state = { firstAt: at, activeAt: at + 3_600_000 }
    const empty = [ofGroup('queue', 0)]
    const first = evaluate(active(), empty, observe(3, 3), at, state)
    expect(verdictOf(first.proposal)).toBe(4)
    expect(verdict(active(), empty, observe(3, 3), at + 300_001, first.state)).toBe(0)
  })

  it('goes to zero by the gradual rules of the group, where KEDA jumps', () => {
    const behavior = fullBehavior({ scaleIn: { windowMs: 0, rates: [{ count: 1, periodMs: 15_000 }] } })
    const options = { min: 0, max: 10, policies: [active({ cooldownMs: 0 })], behavior, missing: new Map() }
    let state: ReturnType<typeof decide>['state'] | undefined
    let desired = 3
    const sizes = [0, 1, 2, 3].map((tick) => {
      const observation = { ...observe(desired, desired), at: at + tick * 15_000 }
      const decision = decide(options, state, observation, [ofGroup('queue', 0)])
      state = decision.state
      desired = decision.desired
      return desired
    })
    expect(sizes).toEqual([2, 1, 0, 0])
  })

  it('compares one number out of several metrics, as the activation target of scaling modifiers', () => {
    const policy = activation(fixed(4), {
      formula: { expression: '(queue ?? 0) + lag / 10', metrics: { queue: 'queue', lag: 'queue.lag' } },
      above: 5,
    })
    const asked = (queue: number | undefined, lag: number | undefined, desired = 0): number | string =>
      verdict(policy, [ofGroup('queue', queue), ofGroup('queue.lag', lag)], observe(desired, desired))
    expect([asked(5, 0), asked(5, 1), asked(undefined, 51), asked(5, 1, 1)]).toEqual([0, 1, 1, 4])
    expect(asked(9, undefined)).toBe('cannot-tell')
    expect(policy.metrics).toEqual(['queue', 'queue.lag'])
  })

  it.each([
    ['metric', {}],
    ['metric', { metric: 'queue', formula: { expression: 'a', metrics: { a: 'a' } } }],
    ['formula.expression', { formula: { expression: 'a +', metrics: { a: 'a' } } }],
    ['formula.metrics', { formula: { expression: 'a', metrics: { a: 'a', b: 'b' } } }],
    ['formula.target', { formula: { expression: 'a', metrics: { a: 'a' }, target: 3 } }],
  ])('refuses what to compare: a bad %s', (field, options) => {
    expect(() => activation(fixed(4), options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })

  it('says where it stands', () => {
    const at0 = (desired: number, value: number, state?: Json): string =>
      evaluate(active(), [ofGroup('queue', value)], observe(desired, desired), at, state).proposal.reason
    expect(at0(0, 3)).toBe('queue 3 is above 0: wakes up with 1')
    expect(at0(2, 3)).toBe('queue 3 is above 0: fixed at 4')
    expect(at0(2, 0, { firstAt: at, activeAt: at - 100_000 })).toBe(
      'queue 0 is not above 0, idle in 200 s: fixed at 4',
    )
    expect(at0(2, 0)).toBe('queue 0 is not above 0, and its cooldown is over: idle at 0')
    expect(at0(0, 0)).toBe('queue 0 is not above 0: idle at 0')
  })

  it.each([
    ['idleCount', { idleCount: 1 }],
    ['activeCount', { activeCount: 0 }],
    ['above', { above: Number.NaN }],
    ['cooldownMs', { cooldownMs: -1 }],
  ])('refuses a bad %s', (field, options) => {
    expect(() => active(options)).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })

  it('refuses what is no policy', () => {
    expect(() => activation(3 as never, { metric: 'queue' })).toThrow(/activation: policy must be a policy/)
  })
})

/** Cases of kedacore/keda, pkg/fallback. */
describe('fallback', () => {
  const jobs = backlog({ metric: 'jobs', perInstance: 10 })
  const over = (
    policy: Policy,
    values: readonly (number | undefined)[],
    desired = 5,
  ): readonly (number | string)[] => {
    let state: Json | undefined
    return values.map((value) => {
      const evaluation = evaluate(policy, [ofGroup('jobs', value)], observe(desired, desired), at, state)
      state = JSON.parse(JSON.stringify(evaluation.state)) as Json
      return verdictOf(evaluation.proposal)
    })
  }
  const none = undefined

  it('falls back at the failure after the last that is borne, not before', () => {
    expect(over(fallback(jobs, { afterFailures: 3, count: 10 }), [none, none, none, none, none])).toEqual([
      'cannot-tell',
      'cannot-tell',
      'cannot-tell',
      10,
      10,
    ])
  })

  it('counts anew after a success', () => {
    expect(over(fallback(jobs, { afterFailures: 1, count: 10 }), [none, 30, none, none])).toEqual([
      'cannot-tell',
      3,
      'cannot-tell',
      10,
    ])
  })

  it('falls back at the first failure when none is borne', () => {
    expect(over(fallback(jobs, { afterFailures: 0, count: 10 }), [none])).toEqual([10])
  })

  it.each([
    ['static', 3, 3, 3],
    ['current', 5, 2, 0],
    ['higher', 5, 3, 3],
    ['lower', 3, 2, 0],
  ] as const)('%s of 3 is %d at 5, %d at 2 and %d at 0', (behavior, atFive, atTwo, atZero) => {
    const policy = fallback(jobs, { afterFailures: 0, count: 3, behavior })
    expect([5, 2, 0].map((desired) => over(policy, [none], desired)[0])).toEqual([atFive, atTwo, atZero])
  })

  it('lets no opinion through, as it is no failure', () => {
    const policy = fallback(silent, { afterFailures: 0, count: 3 })
    expect(verdict(policy, [])).toBe('no-opinion')
  })

  it('says how long it has been', () => {
    const policy = fallback(jobs, { afterFailures: 1, count: 10 })
    const first = evaluate(policy, [ofGroup('jobs', none)])
    expect(first.proposal.reason).toBe('jobs is missing: not there; 1 of 1 before the fallback')
    expect(evaluate(policy, [ofGroup('jobs', none)], observe(5, 5), at, first.state).proposal.reason).toBe(
      'jobs is missing: not there, 2 times in a row: falls back to 10 (static)',
    )
  })

  it.each([
    ['afterFailures', { afterFailures: -1, count: 1 }],
    ['count', { afterFailures: 1, count: 1.5 }],
    ['behavior', { afterFailures: 1, count: 1, behavior: 'double' }],
  ])('refuses a bad %s', (field, options) => {
    expect(() => fallback(jobs, options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })
})
