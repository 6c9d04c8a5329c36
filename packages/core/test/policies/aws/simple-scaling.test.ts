import { describe, expect, it } from 'vitest'
import type { Json, Observation, TrackedInstance } from '../../../src/index.js'
import { at, instance, ofGroup } from '../../observations.js'
import { evaluate, verdict, verdictOf } from '../evaluating.js'
import { simpleScaling } from '../policies.js'

const policy = simpleScaling({
  metric: 'jobs',
  comparison: '>=',
  threshold: 10,
  adjust: 2,
  cooldownMs: 60_000,
})
const busy = [ofGroup('jobs', 20)]

/** The group at a time, one instance for each of these. */
const groupOf = (desired: number, ...instances: readonly TrackedInstance[]): Observation => ({
  group: 'web',
  at,
  desired,
  instances,
})
const serving = (id: string, readyAtS = -3600): TrackedInstance => ({
  ...instance(id),
  readyAt: at + readyAtS * 1000,
})

/** What it says at each of these seconds, with its state handed on as JSON. */
function over(
  ...ticks: readonly (readonly [atS: number, group: Observation])[]
): readonly (number | string)[] {
  let state: Json | undefined
  return ticks.map(([atS, observation]) => {
    const { proposal, state: next } = evaluate(policy, busy, observation, at + atS * 1000, state)
    state = JSON.parse(JSON.stringify(next)) as Json
    return verdictOf(proposal)
  })
}

describe('simpleScaling', () => {
  it.each([
    ['>', [9, 10, 11], ['no-opinion', 'no-opinion', 3]],
    ['>=', [9, 10, 11], ['no-opinion', 3, 3]],
    ['<', [9, 10, 11], [3, 'no-opinion', 'no-opinion']],
    ['<=', [9, 10, 11], [3, 3, 'no-opinion']],
  ] as const)('is in breach when the value is %s the threshold', (comparison, values, wanted) => {
    const rule = simpleScaling({ metric: 'jobs', comparison, threshold: 10, adjust: 1 })
    const group = groupOf(2, serving('a'), serving('b'))
    expect(values.map((value) => verdict(rule, [ofGroup('jobs', value)], group))).toEqual(wanted)
  })

  it('waits for the last launch to be over, and then for its cooldown', () => {
    const coming = [instance('b', 'launching'), instance('c', 'launching')] as const
    expect(
      over(
        [0, groupOf(1, serving('a'))],
        [15, groupOf(3, serving('a'), ...coming)],
        [30, groupOf(3, serving('a'), serving('b', 30), coming[1])],
        [60, groupOf(3, serving('a'), serving('b', 30), serving('c', 45))],
        [104, groupOf(3, serving('a'), serving('b', 30), serving('c', 45))],
        [105, groupOf(3, serving('a'), serving('b', 30), serving('c', 45))],
      ),
    ).toEqual([3, 'no-opinion', 'no-opinion', 'no-opinion', 'no-opinion', 5])
  })

  it('waits for a termination: until the drain is over behind a balancer, until it is gone without one', () => {
    const group = groupOf(1, serving('a'))
    expect(
      over(
        [0, groupOf(1, serving('a'), instance('b', 'draining'))],
        [15, groupOf(1, serving('a'), instance('b', 'terminating'))],
        [74, groupOf(1, serving('a'), instance('b', 'terminating'))],
        [75, groupOf(1, serving('a'), instance('b', 'terminating'))],
      ),
    ).toEqual(['no-opinion', 'no-opinion', 'no-opinion', 3])
    expect(
      over(
        [0, groupOf(1, serving('a'), instance('b', 'terminating'))],
        [15, group],
        [74, group],
        [75, group],
      ),
    ).toEqual(['no-opinion', 'no-opinion', 'no-opinion', 3])
  })

  it('rests after a change whose machines it has not seen yet', () => {
    expect(
      over([0, groupOf(1, serving('a'))], [15, groupOf(3, serving('a'))], [75, groupOf(3, serving('a'))]),
    ).toEqual([3, 'no-opinion', 5])
  })

  it('finds a cooldown again after its state was lost, from when the instances were ready', () => {
    expect(verdict(policy, busy, groupOf(1, serving('a', -59)))).toBe('no-opinion')
    expect(verdict(policy, busy, groupOf(1, serving('a', -60)))).toBe(3)
  })

  it('does not wait for a clock that went back to catch up', () => {
    const group = groupOf(1, serving('a'))
    const state = { desired: 1, underWay: [], drained: [], endedAt: at + 86_400_000 }
    const first = evaluate(policy, busy, group, at, state)
    expect(verdictOf(first.proposal)).toBe('no-opinion')
    expect(verdict(policy, busy, group, at + 60_000, first.state)).toBe(3)
  })

  it('takes a state that is not its own for none', () => {
    const group = groupOf(1, serving('a'))
    for (const state of [
      null,
      3,
      'x',
      [],
      {},
      { desired: '1', underWay: [], drained: [] },
      { desired: 1, underWay: [1], drained: [] },
    ]) {
      expect(verdict(policy, busy, group, at, state)).toBe(3)
    }
  })

  it('says what it waits for', () => {
    const rest = evaluate(policy, busy, groupOf(1, serving('a', -20))).proposal
    expect(rest.reason).toBe('jobs 20 >= 10 adds 2, after 40 s more of cooldown')
    const wait = evaluate(policy, busy, groupOf(2, serving('a'), instance('b', 'launching'))).proposal
    expect(wait.reason).toBe('jobs 20 >= 10 adds 2, once what launches or ends is done')
  })

  it('cannot tell without its metric', () => {
    expect(verdict(policy, [ofGroup('jobs', undefined)], groupOf(1, serving('a')))).toBe('cannot-tell')
  })

  it.each([
    ['comparison', { comparison: '=' }],
    ['adjust', { adjust: 1.5 }],
    ['cooldownMs', { cooldownMs: -1 }],
    ['minMagnitude', { minMagnitude: 1 }],
  ])('refuses a bad %s', (field, options) => {
    const build = (): unknown =>
      simpleScaling({ metric: 'jobs', comparison: '>', threshold: 1, adjust: 1, ...options } as never)
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})
