import { describe, expect, it } from 'vitest'
import type { Json, Policy } from '../../../src/index.js'
import { decide } from '../../../src/index.js'
import { fullBehavior } from '../../../src/authoring.js'
import { observe } from '../../observations.js'
import { blind, evaluate, silent, verdict, verdictOf } from '../evaluating.js'
import { fixed, scheduledActions } from '../policies.js'

const time = (text: string): number => Date.parse(text)

/** What it says at each time, for a group that follows it. */
function over(policy: Policy, start: number, ...times: readonly string[]): readonly (number | string)[] {
  let state: Json | undefined
  let desired = start
  return times.map((text) => {
    const { proposal, state: next } = evaluate(policy, [], observe(desired, desired), time(text), state)
    state = JSON.parse(JSON.stringify(next)) as Json
    if (proposal.kind === 'count') desired = proposal.count
    return verdictOf(proposal)
  })
}

describe('scheduledActions', () => {
  it('sets a count once, at the first evaluation from its time on', () => {
    // The guide's example: at 8:00 UTC on 31 March 2021, 3 instances.
    const policy = scheduledActions([{ at: '2021-03-31T08:00:00Z', desired: 3 }], fixed(1))
    expect(
      over(
        policy,
        1,
        '2021-03-31T07:59:59Z',
        '2021-03-31T08:00:14Z',
        '2021-03-31T08:00:29Z',
        '2021-04-01T00:00:00Z',
      ),
    ).toEqual([1, 3, 1, 1])
  })

  it('sets it again and again, in its zone, through the change of daylight saving', () => {
    // The guide's example: 18:00 in New York on weekdays. 14 March 2021 moved the clocks on.
    const policy = scheduledActions([{ cron: '0 18 * * 1-5', zone: 'America/New_York', desired: 2 }])
    expect(
      over(
        policy,
        9,
        '2021-03-12T22:59:00Z',
        '2021-03-12T23:00:00Z',
        '2021-03-15T21:59:00Z',
        '2021-03-15T22:00:00Z',
        '2021-03-20T22:30:00Z',
      ),
    ).toEqual(['no-opinion', 2, 'no-opinion', 2, 2])
  })

  it('stands behind its count until the group has it', () => {
    const policy = scheduledActions([{ at: '2026-01-01T00:00:00Z', desired: 5 }], fixed(2))
    let state: Json | undefined
    const at = (text: string, desired: number): number | string => {
      const { proposal, state: next } = evaluate(policy, [], observe(desired, desired), time(text), state)
      state = next
      return verdictOf(proposal)
    }
    expect(at('2025-12-31T23:59:50Z', 2)).toBe(2)
    expect(at('2026-01-01T00:00:05Z', 2)).toBe(5)
    expect(at('2026-01-01T00:00:20Z', 4)).toBe(5)
    expect(at('2026-01-01T00:00:35Z', 5)).toBe(2)
  })

  it('gives up on a count that the group does not reach within ten minutes', () => {
    const policy = scheduledActions([{ at: '2026-01-01T00:00:00Z', desired: 5 }], silent)
    const first = evaluate(policy, [], observe(2, 2), time('2025-12-31T23:59:59Z'))
    const due = evaluate(policy, [], observe(2, 2), time('2026-01-01T00:00:00Z'), first.state)
    expect(verdictOf(due.proposal)).toBe(5)
    expect(verdict(policy, [], observe(2, 2), time('2026-01-01T00:09:59Z'), due.state)).toBe(5)
    expect(verdict(policy, [], observe(2, 2), time('2026-01-01T00:10:00Z'), due.state)).toBe('no-opinion')
  })

  it('shrinks a group through its stabilisation window', () => {
    const policies = [scheduledActions([{ at: '2026-01-01T00:01:00Z', desired: 1 }], fixed(4))]
    const options = {
      min: 0,
      max: 10,
      policies,
      behavior: fullBehavior({ scaleIn: { windowMs: 60_000 } }),
      missing: new Map(),
    }
    let state: ReturnType<typeof decide>['state'] | undefined
    let desired = 4
    const sizes: number[] = []
    for (let tick = 0; tick <= 10; tick += 1) {
      const decision = decide(
        options,
        state,
        { ...observe(desired, desired), at: time('2026-01-01T00:00:00Z') + tick * 15_000 },
        [],
      )
      state = decision.state
      desired = decision.desired
      sizes.push(desired)
    }
    expect(sizes).toEqual([4, 4, 4, 4, 4, 4, 4, 1, 4, 4, 4])
  })

  it('does not carry out at its first sight what fell due before it, but keeps its bounds', () => {
    const policy = scheduledActions([{ cron: '0 8 * * *', min: 3, desired: 6 }])
    expect(over(policy, 1, '2026-01-01T12:00:00Z', '2026-01-01T12:00:15Z')).toEqual([3, 'no-opinion'])
  })

  it('makes up for what fell due while nobody evaluated', () => {
    const policy = scheduledActions([{ cron: '0 8 * * *', desired: 6 }])
    expect(over(policy, 1, '2026-01-01T07:59:00Z', '2026-01-01T11:00:00Z')).toEqual(['no-opinion', 6])
  })

  const office = [
    { cron: '0 8 * * *', min: 4, max: 9 },
    { cron: '0 20 * * *', min: 0, max: 2 },
  ]
  it.each([
    ['2026-01-01T12:00:00Z', 1, 4],
    ['2026-01-01T12:00:00Z', 6, 6],
    ['2026-01-01T12:00:00Z', 30, 9],
    ['2026-01-01T22:00:00Z', 30, 2],
    ['2026-01-01T22:00:00Z', 0, 0],
    ['2026-01-02T07:59:59Z', 6, 2],
    ['2026-01-02T08:00:00Z', 6, 6],
  ])(
    'keeps what its policy proposes in the bounds of the hour: at %s %d becomes %d',
    (text, proposed, wanted) => {
      expect(verdict(scheduledActions(office, fixed(proposed)), [], observe(5, 5), time(text))).toBe(wanted)
    },
  )

  it.each([
    ['a count out of bounds is mended', silent, 1, 4],
    ['one within them is nobody else’s business', silent, 5, 'no-opinion'],
    ['also when its policy cannot tell', blind, 1, 4],
    ['and not when it cannot tell and is within', blind, 5, 'cannot-tell'],
  ])('without a proposal: %s', (_, inner, desired, wanted) => {
    const policy = scheduledActions(office, inner)
    expect(verdict(policy, [], observe(desired, desired), time('2026-01-01T12:00:00Z'))).toBe(wanted)
  })

  it('takes the last of two that fall due at once, and min where they contradict each other', () => {
    const twice = scheduledActions([
      { cron: '0 8 * * *', desired: 3 },
      { cron: '0 8 * * *', desired: 7 },
    ])
    expect(over(twice, 1, '2026-01-01T07:00:00Z', '2026-01-01T08:00:00Z')).toEqual(['no-opinion', 7])
    const contrary = scheduledActions([
      { at: '2026-01-01T00:00:00Z', min: 5 },
      { at: '2026-01-02T00:00:00Z', max: 3 },
    ])
    expect(verdict(contrary, [], observe(4, 4), time('2026-01-03T00:00:00Z'))).toBe(5)
  })

  it('starts and ends a recurrence when told to, and is due at the start itself', () => {
    const policy = scheduledActions([
      { cron: '0 8 * * *', start: '2026-01-02T06:00:00Z', end: '2026-01-03T12:00:00Z', min: 3 },
      { cron: '0 20 * * *', min: 1 },
    ])
    const minAt = (text: string): number | string => verdict(policy, [], observe(0, 0), time(text))
    expect(minAt('2026-01-02T05:59:59Z')).toBe(1)
    expect(minAt('2026-01-02T06:00:00Z')).toBe(3)
    expect(minAt('2026-01-03T19:00:00Z')).toBe(3)
    expect(minAt('2026-01-04T09:00:00Z')).toBe(1)
  })

  it('says which bounds and which count it set', () => {
    const noon = time('2026-01-01T12:00:00Z')
    const bounded = evaluate(scheduledActions(office, fixed(30)), [], observe(5, 5), noon)
    expect(bounded.proposal.reason).toBe('fixed at 30; scheduled bounds 4..9, so 9')
    const policy = scheduledActions([{ at: '2026-01-01T12:00:00Z', desired: 12 }, ...office])
    const { state } = evaluate(policy, [], observe(5, 5), noon - 1000)
    expect(evaluate(policy, [], observe(5, 5), noon, state).proposal.reason).toBe(
      'a scheduled action sets 12, kept in 4..9',
    )
  })

  it.each([
    ['', []],
    ['0.at', [{ min: 1 }]],
    ['0.at', [{ at: '2026-01-01T00:00:00Z', cron: '* * * * *', min: 1 }]],
    ['0.at', [{ at: '2026-01-01', min: 1 }]],
    ['0.at', [{ at: '2026-01-01T00:00:00', min: 1 }]],
    ['0.at', [{ at: '2026-13-01T00:00:00Z', min: 1 }]],
    ['0.zone', [{ at: '2026-01-01T00:00:00Z', zone: 'UTC', min: 1 }]],
    ['0.desired', [{ at: '2026-01-01T00:00:00Z' }]],
    ['0.desired', [{ at: '2026-01-01T00:00:00Z', max: 3, desired: 4 }]],
    ['0.min', [{ at: '2026-01-01T00:00:00Z', min: 4, max: 3 }]],
    ['0.min', [{ at: '2026-01-01T00:00:00Z', min: -1 }]],
    ['0.cron', [{ cron: '* * * *', min: 1 }]],
    ['0.zone', [{ cron: '* * * * *', zone: 'Mars/Olympus', min: 1 }]],
    ['0.end', [{ cron: '* * * * *', start: '2026-01-02T00:00:00Z', end: '2026-01-01T00:00:00Z', min: 1 }]],
    ['', Array.from({ length: 126 }, () => ({ cron: '* * * * *', min: 1 }))],
  ])('refuses a bad %s', (field, actions) => {
    expect(() => scheduledActions(actions)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })
})
