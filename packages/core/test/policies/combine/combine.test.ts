import { describe, expect, it } from 'vitest'
import {
  type Evaluation,
  type Json,
  type Policy,
  type Proposal,
  dampen,
  firstOf,
  fixed,
  maxOf,
  minOf,
} from '../../../src/index.js'
import { at, observe, set } from '../../observations.js'

const says = (name: string, proposal: Proposal): Policy => ({
  name,
  metrics: [],
  evaluate: () => ({ proposal }),
})
const blind = says('blind', { kind: 'cannot-tell', reason: 'no metric' })
const silent = says('silent', { kind: 'no-opinion', reason: 'not now' })

/** Counts its evaluations in its state. */
const counting: Policy = {
  name: 'counting',
  metrics: ['jobs'],
  evaluate: ({ state }) => {
    const next = (typeof state === 'number' ? state : 0) + 1
    return { proposal: { kind: 'count', count: next, reason: `turn ${next}` }, state: next }
  },
}

const evaluate = (policy: Policy, desired = 4, state?: Json): Evaluation =>
  policy.evaluate({ readings: set(), observation: observe(desired, desired), now: at, state })

const verdict = (policy: Policy, desired?: number): number | string => {
  const { proposal } = evaluate(policy, desired)
  return proposal.kind === 'count' ? proposal.count : proposal.kind
}

describe('combinators', () => {
  it.each([
    ['maxOf takes the largest', maxOf(fixed(3), fixed(7), silent), 7],
    ['maxOf grows although one cannot tell', maxOf(fixed(7), blind), 7],
    ['maxOf does not shrink while one cannot tell', maxOf(fixed(3), blind), 'cannot-tell'],
    ['maxOf cannot tell when none can', maxOf(blind, silent), 'cannot-tell'],
    ['maxOf has no opinion when none has', maxOf(silent, silent), 'no-opinion'],
    ['minOf takes the smallest', minOf(fixed(3), fixed(7), silent), 3],
    ['minOf does not shrink while one cannot tell', minOf(fixed(3), blind), 'cannot-tell'],
    ['firstOf takes the first that can tell', firstOf(blind, silent, fixed(2), fixed(9)), 2],
    ['firstOf cannot tell when none can', firstOf(silent, blind), 'cannot-tell'],
    ['firstOf has no opinion when none has', firstOf(silent), 'no-opinion'],
    ['they nest', maxOf(fixed(2), minOf(fixed(9), firstOf(blind, fixed(6)))), 6],
  ])('%s', (_, policy, wanted) => expect(verdict(policy)).toBe(wanted))

  it('names the metrics of every part once', () => {
    expect(maxOf(counting, minOf(counting, fixed(1))).metrics).toEqual(['jobs'])
  })

  it('says whose count won, and keeps every part for the trace', () => {
    const { proposal, parts } = evaluate(maxOf(fixed(3), blind, fixed(7)))
    expect(proposal.reason).toBe('largest of 3, 7: fixed(7): fixed at 7')
    expect(parts?.map((part) => part.policy)).toEqual(['fixed(3)', 'blind', 'fixed(7)'])
  })

  it('gives each part its own state back, through JSON', () => {
    const policy = maxOf(fixed(0), minOf(counting, fixed(9)))
    let state: Json | undefined
    for (let turn = 1; turn <= 3; turn += 1) {
      const evaluation = evaluate(policy, 1, state)
      expect(evaluation.proposal).toMatchObject({ count: turn })
      state = JSON.parse(JSON.stringify(evaluation.state)) as Json
    }
  })

  it("does not hand one policy's state to another that took its place", () => {
    const { state } = evaluate(maxOf(counting))
    const other = { ...counting, name: 'other' }
    expect(evaluate(maxOf(other), 1, state).proposal).toMatchObject({ count: 1 })
  })

  it('takes a part that throws or talks nonsense for one that cannot tell', () => {
    const broken: Policy = {
      name: 'broken',
      metrics: [],
      evaluate: () => {
        // oxlint-disable-next-line only-throw-error -- what anybody's code may do
        throw 'a string'
      },
    }
    expect(evaluate(maxOf(broken)).proposal).toMatchObject({
      kind: 'cannot-tell',
      reason: 'it failed: a string',
    })
    const nan = says('nan', { kind: 'count', count: Number.NaN, reason: '' })
    expect(verdict(maxOf(nan, fixed(9)))).toBe(9)
    expect(verdict(maxOf(nan, fixed(1)))).toBe('cannot-tell')
  })

  it('refuses to combine nothing, or what is no policy', () => {
    expect(() => maxOf()).toThrow(/at least one policy/)
    expect(() => firstOf(fixed(1), 3 as never)).toThrow(/1 must be a policy: .*, got 3/)
  })
})

describe('dampen', () => {
  it('damps one part alone', () => {
    const slow = dampen(fixed(9), { scaleOut: { rates: [{ count: 1, periodMs: 60_000 }] } })
    expect(verdict(slow, 4)).toBe(5)
    expect(verdict(maxOf(slow, fixed(7)), 4)).toBe(7)
  })

  it('remembers what the group did, not what it proposed', () => {
    const slow = dampen(fixed(9), { scaleOut: { rates: [{ count: 2, periodMs: 60_000 }] } })
    const first = evaluate(slow, 4)
    expect(first.proposal).toMatchObject({ count: 6 })
    // Something else moved the group to 5: one of the two for this minute is used up.
    const input = { readings: set(), observation: observe(5, 5), now: at + 15_000, state: first.state }
    expect(slow.evaluate(input).proposal).toMatchObject({ count: 6 })
  })

  it('keeps the ages in its windows when the clock goes back', () => {
    const slow = dampen(fixed(9), { scaleOut: { rates: [{ count: 2, periodMs: 60_000 }] } })
    const first = evaluate(slow, 4)
    const back = at - 3_600_000
    const input = { readings: set(), observation: observe(6, 6), now: back, state: first.state }
    const second = slow.evaluate(input)
    expect(second.proposal).toMatchObject({ count: 6 })
    const later = { ...input, now: back + 60_000, state: second.state }
    expect(slow.evaluate(later).proposal).toMatchObject({ count: 8 })
  })

  it('refuses a bad behavior', () => {
    expect(() => dampen(fixed(1), { scaleIn: { windowMs: -1 } })).toThrow(/scaleIn.windowMs/)
  })
})
