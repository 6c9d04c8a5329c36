import { describe, expect, it } from 'vitest'
import type { Policy } from '../../../src/index.js'
import { observe, perInstance } from '../../observations.js'
import { blind, evaluate, silent, verdict } from '../evaluating.js'
import { awsMerge, fixed, stepScaling, targetTracking } from '../policies.js'

const at = (tracking: readonly Policy[], steps: readonly Policy[], desired = 8): number | string =>
  verdict(awsMerge({ tracking, steps }), [], observe(desired, desired))

describe('awsMerge', () => {
  it.each([
    ['two that grow: the larger', [], [fixed(9), fixed(10)], 10],
    // The guide's example: one removes three of eight, the other a quarter.
    ['two that shrink: the milder', [], [fixed(5), fixed(6)], 6],
    ['one grows, one shrinks', [], [fixed(12), fixed(3)], 12],
    ['tracking: any grows', [fixed(9), fixed(3)], [], 9],
    ['tracking: all shrink', [fixed(3), fixed(5)], [], 5],
    ['tracking: one is content', [fixed(3), fixed(8)], [], 8],
    ['tracking: one out of breach does not count', [fixed(3), silent], [], 3],
    ['tracking: one cannot tell', [fixed(3), blind], [], 'cannot-tell'],
    ['tracking grows although one cannot tell', [fixed(9), blind], [], 9],
    ['a step that shrinks is not held back by tracking that is content', [fixed(8)], [fixed(6)], 6],
    ['a step that shrinks is held back by tracking that grows', [fixed(9)], [fixed(6)], 9],
    ['a step that shrinks more than tracking', [fixed(7)], [fixed(2)], 7],
    ['a step of nothing holds', [fixed(7)], [fixed(8)], 8],
    ['a step out of breach has no vote', [fixed(7)], [silent], 7],
    ['nothing shrinks while one cannot tell', [fixed(7)], [fixed(6), blind], 'cannot-tell'],
    ['no part has an opinion', [silent], [silent], 'no-opinion'],
  ])('%s', (_, tracking, steps, wanted) => expect(at(tracking, steps)).toBe(wanted))

  it.each([
    ['grows', [fixed(9)], 12, 12],
    ['has no say when it is content', [fixed(3)], 8, 3],
    ['has no say when it would shrink less', [fixed(3)], 5, 3],
    ['cannot shrink by itself', [], 5, 8],
    ['is content, and another too', [fixed(8)], 8, 8],
  ])('tracking with scale-in disabled: %s', (_, tracking, wants, wanted) => {
    expect(verdict(awsMerge({ tracking, outOnly: [fixed(wants)] }), [], observe(8, 8))).toBe(wanted)
  })

  it('does not let tracking that missed an instance be overruled downwards', () => {
    const policy = awsMerge({
      tracking: [targetTracking({ metric: 'cpu', target: 0.5 })],
      steps: [stepScaling({ metric: 'jobs', threshold: 5, steps: [{ upper: 0, adjust: -1 }] })],
    })
    const jobs = { kind: 'value', name: 'jobs', unit: 'count', at: 0, value: 1 } as const
    const seen = [...perInstance('cpu', [0.5, 0.5]), jobs]
    const partly = [...perInstance('cpu', [0.6, undefined]), jobs]
    expect(verdict(policy, seen, observe(2, 2))).toBe(1)
    expect(evaluate(policy, partly, observe(2, 2)).proposal.reason).toContain('did not see every instance')
  })

  it('says whose capacity won', () => {
    const { proposal } = evaluate(awsMerge({ steps: [fixed(5), fixed(6)] }), [], observe(8, 8))
    expect(proposal.reason).toBe('largest of 5, 6: fixed(6): fixed at 6')
  })

  it.each([
    ['', {}],
    ['tracking.0', { tracking: [3] }],
  ])('refuses a bad %s', (field, options) => {
    expect(() => awsMerge(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })
})
