import { describe, expect, it } from 'vitest'
import type { Policy } from '../../../src/index.js'
import { observe, ofGroup, set } from '../../observations.js'
import { evaluate, verdict, verdictOf } from '../evaluating.js'
import { during, firstOf, fixed, jobSlots, maxOf, scheduled, threshold } from '../policies.js'

describe('scheduled', () => {
  const office = scheduled({ start: '0 8 * * 1-5', end: '0 18 * * 1-5', zone: 'Europe/Berlin', count: 5 })

  // Friday 20 November 2026: Berlin is UTC+1.
  it.each([
    ['2026-11-20T06:59:59.999Z', 'no-opinion'],
    ['2026-11-20T07:00:00Z', 5],
    ['2026-11-20T16:59:59.999Z', 5],
    ['2026-11-20T17:00:00Z', 'no-opinion'],
    ['2026-11-21T10:00:00Z', 'no-opinion'],
    ['2026-07-20T06:00:00Z', 5],
  ])('at %s it says %s', (time, wanted) => {
    expect(verdict(office, [], observe(1, 1), Date.parse(time))).toBe(wanted)
  })

  it('lasts its duration, across midnight', () => {
    const night = scheduled({ start: '0 22 * * *', durationMs: 4 * 3_600_000, count: 2 })
    expect(verdict(night, [], observe(1, 1), Date.parse('2026-01-02T01:59:00Z'))).toBe(2)
    expect(verdict(night, [], observe(1, 1), Date.parse('2026-01-02T02:00:00Z'))).toBe('no-opinion')
  })

  it('starts at the end of the gap when daylight saving skips its time', () => {
    const early = scheduled({ start: '30 2 * * *', durationMs: 3_600_000, zone: 'Europe/Berlin', count: 2 })
    expect(verdict(early, [], observe(1, 1), Date.parse('2026-03-29T00:59:00Z'))).toBe('no-opinion')
    expect(verdict(early, [], observe(1, 1), Date.parse('2026-03-29T01:01:00Z'))).toBe(2)
  })

  it.each([
    ['start', { start: '61 * * * *', durationMs: 60_000 }],
    ['start', { start: '* * * * * *', durationMs: 60_000 }],
    ['start', { start: 'tomorrow', durationMs: 60_000 }],
    ['end', { start: '0 8 * * *', end: '0 25 * * *' }],
    ['end', { start: '0 8 * * *' }],
    ['end', { start: '0 8 * * *', end: '0 8 * * *' }],
    ['end', { start: '0 8 * * *', end: '0 9 * * *', durationMs: 60_000 }],
    ['zone', { start: '0 8 * * *', end: '0 9 * * *', zone: 'Europe/Atlantis' }],
    ['count', { start: '0 8 * * *', end: '0 9 * * *', count: -1 }],
  ])('refuses a bad %s', (field, options) => {
    const build = (): unknown => scheduled({ count: 1, ...options })
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})

describe('during', () => {
  const office = { start: '0 8 * * 1-5', end: '0 18 * * 1-5', zone: 'Europe/Berlin' } as const
  const noon = Date.parse('2026-11-20T11:00:00Z')
  const night = Date.parse('2026-11-20T22:00:00Z')

  it('is its policy inside the window, and has no opinion outside it', () => {
    const policy = during(office, fixed(7))
    expect(policy.name).toBe('during(0 8 * * 1-5 Europe/Berlin: fixed(7))')
    expect(evaluate(policy, [], observe(1, 1), noon).proposal).toEqual({
      kind: 'count',
      count: 7,
      reason: 'fixed(7): fixed at 7',
    })
    expect(evaluate(policy, [], observe(1, 1), night).proposal).toEqual({
      kind: 'no-opinion',
      reason: 'outside the window that starts at 0 8 * * 1-5 Europe/Berlin',
      isOutside: true,
    })
  })

  it('hands over to another policy outside its window, as the periods of GitLab', () => {
    const slots = (idleCount: number): Policy => jobSlots({ inUse: 'jobs', slotsPerInstance: 1, idleCount })
    const policy = firstOf(during(office, slots(5)), slots(1))
    expect(verdict(policy, [ofGroup('jobs', 2)], observe(1, 1), noon)).toBe(7)
    expect(verdict(policy, [ofGroup('jobs', 2)], observe(1, 1), night)).toBe(3)
  })

  it('keeps from shrinking what cannot tell, inside its window only', () => {
    const policy = maxOf(during(office, threshold({ metric: 'cpu', above: 0.8, below: 0.2 })), fixed(1))
    expect(verdict(policy, [], observe(4, 4), noon)).toBe('cannot-tell')
    expect(verdict(policy, [], observe(4, 4), night)).toBe(1)
  })

  it('lets its policy go on watching outside the window', () => {
    const counting: Policy = {
      name: 'ticks',
      metrics: [],
      evaluate: ({ state }) => {
        const count = typeof state === 'number' ? state + 1 : 1
        return { proposal: { kind: 'count', count, reason: 'so many ticks' }, state: count }
      },
    }
    const policy = during(office, counting)
    const input = { readings: set(), observation: observe(1, 1) }
    const first = policy.evaluate({ ...input, now: night, state: undefined })
    const second = policy.evaluate({ ...input, now: noon, state: first.state })
    expect(verdictOf(second.proposal)).toBe(2)
  })

  it.each([
    ['end', { start: '0 8 * * *' }],
    ['start', { start: 'soon', durationMs: 60_000 }],
    ['zone', { start: '0 8 * * *', durationMs: 60_000, zone: 'Mars' }],
    ['count', { start: '0 8 * * *', durationMs: 60_000, count: 3 }],
  ])('refuses a bad %s', (field, window) => {
    expect(() => during(window, fixed(1))).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })

  it('refuses what is no policy', () => {
    const build = (): unknown => during({ start: '0 8 * * *', durationMs: 60_000 }, 3 as unknown as Policy)
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })
})
