import { describe, expect, it } from 'vitest'
import type { Policy } from '../../../src/index.js'
import { observe, ofGroup, perInstance } from '../../observations.js'
import { blind, evaluate, silent, verdict } from '../evaluating.js'
import { all, any, backlog, byPriority, dampen, fixed, targetTracking, weighted } from '../policies.js'

const of = (policy: Policy): number | string => verdict(policy, [], observe(5, 5))

describe('all', () => {
  it.each([
    ['grows when all would, by the least', all(fixed(7), fixed(9)), 7],
    ['shrinks when all would, by the least', all(fixed(2), fixed(3)), 3],
    ['stays when they disagree', all(fixed(7), fixed(3)), 5],
    ['stays when one is content', all(fixed(7), fixed(5)), 5],
    ['stays when one has no opinion', all(fixed(7), silent), 5],
    ['grows although one cannot tell', all(fixed(7), blind), 7],
    ['does not shrink while one cannot tell', all(fixed(3), blind), 'cannot-tell'],
    ['cannot tell when none can', all(blind, blind), 'cannot-tell'],
    ['has no opinion when none has', all(silent, silent), 'no-opinion'],
    ['cannot tell when the rest has no opinion', all(silent, blind), 'cannot-tell'],
  ])('%s', (_, policy, wanted) => expect(of(policy)).toBe(wanted))

  it('is an and: "the CPU is high and the queue is long"', () => {
    const policy = all(
      targetTracking({ metric: 'cpu', target: 0.5 }),
      backlog({ metric: 'queue', perInstance: 10 }),
    )
    const at = (cpu: number, queue: number): number | string =>
      verdict(policy, [...perInstance('cpu', [cpu, cpu]), ofGroup('queue', queue)], observe(2, 2))
    expect([at(0.9, 100), at(0.9, 20), at(0.5, 100), at(0.1, 0)]).toEqual([4, 2, 2, 1])
  })

  it('says who would not', () => {
    expect(evaluate(all(fixed(7), fixed(5)), [], observe(5, 5)).proposal.reason).toBe(
      'not all of 2 agree, so 5: fixed(5): fixed at 5',
    )
  })
})

describe('weighted', () => {
  it.each([
    [
      'is the mean of equal weights, rounded up',
      weighted({ policy: fixed(2), weight: 1 }, { policy: fixed(5), weight: 1 }),
      4,
    ],
    ['leans to the heavier', weighted({ policy: fixed(2), weight: 1 }, { policy: fixed(10), weight: 3 }), 8],
    [
      'does not round a binary fraction up',
      weighted({ policy: fixed(3), weight: 0.1 }, { policy: fixed(3), weight: 0.2 }),
      3,
    ],
    [
      'leaves out what has no opinion',
      weighted({ policy: fixed(8), weight: 1 }, { policy: silent, weight: 9 }),
      8,
    ],
    [
      'grows although one cannot tell',
      weighted({ policy: fixed(8), weight: 1 }, { policy: blind, weight: 9 }),
      8,
    ],
    [
      'does not shrink while one cannot tell',
      weighted({ policy: fixed(2), weight: 1 }, { policy: blind, weight: 1 }),
      'cannot-tell',
    ],
    ['has no opinion when none has', weighted({ policy: silent, weight: 1 }), 'no-opinion'],
    [
      'bears huge weights',
      weighted({ policy: fixed(1000), weight: 1e308 }, { policy: fixed(1000), weight: 1e308 }),
      1000,
    ],
  ])('%s', (_, policy, wanted) => expect(of(policy)).toBe(wanted))

  it('shows its sum', () => {
    const policy = weighted({ policy: fixed(2), weight: 1 }, { policy: fixed(10), weight: 3 })
    expect(evaluate(policy, []).proposal.reason).toBe('weighted mean of 1 x 2 + 3 x 10 is 8')
    expect(policy.name).toBe('weighted(1 x fixed(2), 3 x fixed(10))')
  })

  it('does not shrink for a part that is content for want of data', () => {
    const policy = weighted(
      { policy: targetTracking({ metric: 'cpu', target: 0.5 }), weight: 1 },
      { policy: fixed(0), weight: 1 },
    )
    expect(verdict(policy, perInstance('cpu', [0.5, 0.5]), observe(2, 2))).toBe(1)
    expect(verdict(policy, perInstance('cpu', [0.6, undefined]), observe(2, 2))).toBe('cannot-tell')
  })
})

describe('byPriority', () => {
  const ranked = (...policies: readonly Policy[]): Policy =>
    byPriority(...policies.map((policy, index) => ({ policy, priority: -index })))
  it.each([
    ['the first decides', ranked(fixed(3), fixed(9)), 3],
    ['one without an opinion is passed over', ranked(silent, fixed(9), fixed(1)), 9],
    ['after one that cannot tell the next may grow', ranked(blind, fixed(9)), 9],
    ['and not shrink', ranked(blind, fixed(3)), 'cannot-tell'],
    ['nor does the one after that', ranked(blind, silent, fixed(3)), 'cannot-tell'],
    ['nobody has an opinion', ranked(silent, silent), 'no-opinion'],
    ['nobody can tell', ranked(silent, blind), 'cannot-tell'],
  ])('%s', (_, policy, wanted) => expect(of(policy)).toBe(wanted))

  it('ranks by number, and takes the largest of the same rank', () => {
    const policy = byPriority(
      { policy: fixed(9), priority: 1 },
      { policy: fixed(3), priority: 10 },
      { policy: fixed(4), priority: 10 },
    )
    expect(of(policy)).toBe(4)
  })
})

describe('parts with a damping of their own', () => {
  it('damps one part of an all, and not the other', () => {
    const slow = dampen(fixed(9), { scaleOut: { rates: [{ count: 1, periodMs: 60_000 }] } })
    expect(of(all(slow, fixed(8)))).toBe(6)
    expect(of(any(slow, fixed(8)))).toBe(8)
    expect(of(weighted({ policy: slow, weight: 1 }, { policy: fixed(8), weight: 1 }))).toBe(7)
  })
})

describe('what cannot be combined', () => {
  it.each([
    ['all', () => all()],
    ['any', () => any()],
    ['weighted', () => weighted()],
    ['byPriority', () => byPriority()],
  ])('%s of nothing', (name, build) => {
    expect(build).toThrow(`${name} must be given at least one policy, got 'none'`)
  })

  it.each([
    ['0', () => all(3 as never)],
    ['0.policy', () => weighted({ policy: 3 as never, weight: 1 })],
    ['0.weight', () => weighted({ policy: fixed(1), weight: 0 })],
    ['0.weight', () => weighted({ policy: fixed(1), weight: Number.POSITIVE_INFINITY })],
    ['0.priority', () => byPriority({ policy: fixed(1), priority: Number.NaN })],
  ])('refuses a bad %s', (field, build) => {
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})
