import { describe, expect, it } from 'vitest'
import { type Behavior, fullBehavior } from '../../src/decide/behavior.js'
import {
  type DampingState,
  freshDamping,
  limitRate,
  rememberChange,
  rememberProposal,
  shiftDamping,
  stabilise,
} from '../../src/decide/damping.js'

const now = 1_000_000
const plain = { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: 0 } } satisfies Behavior

/** Ages in seconds, with the count proposed then. */
const proposals = (...entries: readonly [ageS: number, count: number][]): DampingState => ({
  ...freshDamping,
  proposals: entries.map(([ageS, count]) => [now - ageS * 1000, count] as const),
})
const changes = (...entries: readonly [ageS: number, delta: number][]): DampingState => ({
  ...freshDamping,
  changes: entries.map(([ageS, delta]) => [now - ageS * 1000, delta] as const),
})

describe('stabilise', () => {
  const behavior = fullBehavior({ scaleOut: { windowMs: 30_000 }, scaleIn: { windowMs: 60_000 } })

  // what, state (without the new proposal), current, proposed, wanted
  it.each([
    ['rises when nothing lower was proposed', proposals([20, 5], [10, 6]), 2, 6, 5],
    ['rises no higher than the lowest of the window', proposals([20, 3], [10, 8]), 2, 8, 3],
    ['keeps when one in the window wanted no more than it has', proposals([20, 2]), 2, 8, 2],
    ['does not count one as old as the window', proposals([30, 2]), 2, 8, 8],
    ['falls when nothing higher was proposed', proposals([50, 1]), 4, 1, 1],
    ['falls no lower than the highest of the window', proposals([50, 3]), 4, 1, 3],
    ['keeps when one in the window wanted all it has', proposals([59, 4]), 4, 1, 4],
    ['does not turn a fall into a rise', proposals([50, 9]), 4, 1, 4],
  ])('%s', (_, state, current, proposed, wanted) => {
    const full = rememberProposal(state, now, proposed, behavior)
    expect(stabilise(full, now, current, proposed, behavior).count).toBe(wanted)
  })

  it('says what held it', () => {
    const full = rememberProposal(proposals([50, 3]), now, 1, behavior)
    const { why } = stabilise(full, now, 4, 1, behavior)
    expect(why).toBe('within the last 60 s a count as high as 3 was proposed')
  })
})

describe('limitRate', () => {
  const byPercent = (percent: number, periodMs = 15_000): Behavior => ({
    scaleOut: { rates: [{ percent, periodMs }] },
    scaleIn: { rates: [{ percent, periodMs }] },
  })
  const byCount = (count: number, periodMs = 15_000): Behavior => ({
    scaleOut: { rates: [{ count, periodMs }] },
    scaleIn: { rates: [{ count, periodMs }] },
  })

  it.each([
    ['default: doubles', {}, freshDamping, 10, 100, 20],
    ['default: or four more, when that is more', {}, freshDamping, 1, 100, 5],
    ['default: falls to none at once', {}, freshDamping, 10, 0, 0],
    ['no rules, no limit', plain, freshDamping, 1, 1000, 1000],
    ['a count out', byCount(3), freshDamping, 5, 100, 8],
    ['a count in', byCount(3), freshDamping, 5, 0, 2],
    ['a percentage out is rounded up', byPercent(10), freshDamping, 5, 100, 6],
    ['a percentage in is rounded down', byPercent(10), freshDamping, 5, 0, 4],
    ['a percentage without a binary fraction', byPercent(10), freshDamping, 10, 100, 11],
    ['what was added in the period is used up', byCount(3), changes([10, 2]), 7, 100, 8],
    ['what was added before it is not', byCount(3), changes([15, 2]), 7, 100, 10],
    ['what was removed in it gives room', byCount(3), changes([10, -2]), 3, 100, 8],
    ['a used up period keeps the count', byCount(3), changes([10, 3]), 8, 100, 8],
    ['never turns a rise into a fall', byCount(3), changes([10, 9]), 14, 100, 14],
    ['never turns a fall into a rise', byCount(3), changes([10, -9]), 5, 0, 5],
  ] as const)('%s', (_, behavior, state, current, wanted, allowed) => {
    expect(limitRate(state, now, current, wanted, fullBehavior(behavior)).count).toBe(allowed)
  })

  const two = [
    { count: 2, periodMs: 15_000 },
    { percent: 100, periodMs: 15_000 },
  ] as const

  it.each([
    ['max', 10, 20],
    ['min', 10, 12],
    ['disabled', 10, 10],
  ] as const)('of two rules out, %s allows from %i to %i', (select, current, allowed) => {
    const behavior = fullBehavior({ scaleOut: { rates: two, select } })
    expect(limitRate(freshDamping, now, current, 100, behavior).count).toBe(allowed)
  })

  it.each([
    ['max', 10, 0],
    ['min', 10, 8],
    ['disabled', 10, 10],
  ] as const)('of two rules in, %s allows from %i to %i', (select, current, allowed) => {
    const behavior = fullBehavior({ scaleIn: { rates: two, select } })
    expect(limitRate(freshDamping, now, current, 0, behavior).count).toBe(allowed)
  })

  it.each([
    ['after a change out', changes([14, 1]), 5, 9, 5],
    ['after a change in', changes([14, -1]), 5, 9, 5],
    ['not when it is over', changes([15, 1]), 5, 9, 9],
    ['not in the other direction', changes([1, 1]), 5, 3, 3],
  ])('cools down %s', (_, state, current, wanted, allowed) => {
    const behavior = fullBehavior({ ...plain, scaleOut: { rates: [], cooldownMs: 15_000 } })
    expect(limitRate(state, now, current, wanted, behavior).count).toBe(allowed)
  })

  // Cases of hashicorp/nomad-autoscaler, policy/handler: what was done last says how long nothing is.
  it.each([
    ['down, 30 s after a rise that rests for 20 s', changes([30, 1]), 3, 3],
    ['down, 19 s after it', changes([19, 1]), 3, 5],
    ['up, 19 s after it', changes([19, 1]), 7, 5],
    ['up, 30 s after a fall that rests for 60 s', changes([30, -1]), 7, 5],
    ['up, 60 s after it', changes([60, -1]), 7, 7],
    ['the last one counts', changes([50, -1], [25, 1]), 7, 7],
  ])('rests after what was done last: %s', (_, state, wanted, allowed) => {
    const behavior = fullBehavior({
      scaleOut: { rates: [], cooldownAfterMs: 20_000 },
      scaleIn: { rates: [], cooldownAfterMs: 60_000 },
    })
    const kept = rememberChange(state, now, 0, behavior)
    expect(limitRate(kept, now, 5, wanted, behavior).count).toBe(allowed)
  })

  it('says what held it', () => {
    const held = limitRate(changes([10, 3]), now, 8, 100, fullBehavior(byCount(3)))
    expect(held.why).toBe('the scale-out rules allow 8 now: 3 per 15 s')
    const cooling = fullBehavior({ scaleOut: { cooldownMs: 15_000 } })
    expect(limitRate(changes([10, 3]), now, 8, 100, cooling).why).toBe('scale-out cools down for 5 s more')
  })
})

describe('what damping remembers', () => {
  it('stays small: entries older than every window and period go', () => {
    const behavior = fullBehavior()
    let state = freshDamping
    for (let tick = 0; tick < 1000; tick += 1) {
      state = rememberProposal(state, now + tick * 15_000, tick % 7, behavior)
      state = rememberChange(state, now + tick * 15_000, (tick % 3) - 1, behavior)
    }
    expect(state.proposals.length).toBe(20)
    expect(state.changes.length).toBeLessThanOrEqual(1)
  })

  it('does not remember a change of nothing', () => {
    expect(rememberChange(freshDamping, now, 0, fullBehavior())).toBe(freshDamping)
  })

  it('moves with the clock', () => {
    expect(shiftDamping({ proposals: [[10, 2]], changes: [[20, -1]] }, -5)).toEqual({
      proposals: [[5, 2]],
      changes: [[15, -1]],
    })
  })
})
