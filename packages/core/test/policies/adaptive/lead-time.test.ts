import { describe, expect, it } from 'vitest'
import { expectedStartMs, guessedStart, learnStart } from '../../../src/policies/adaptive/lead-time.js'
import { at, instance } from '../../observations.js'

describe('lead time', () => {
  const started = (tookMs: number, readyAt: number): ReturnType<typeof instance> => ({
    ...instance('i1'),
    createdAt: readyAt - tookMs,
    readyAt,
  })

  it('is the mean of the starts seen', () => {
    const first = learnStart(guessedStart(), [started(10_000, at + 5)], at, at + 10)
    expect(first).toEqual({ ms: 10_000, count: 1 })
    expect(learnStart(first, [started(20_000, at + 15)], at + 10, at + 20)).toEqual({ ms: 15_000, count: 2 })
  })

  it.each([
    ['at the first look, where it may be an adoption', undefined, started(10_000, at)],
    ['twice', at, started(10_000, at)],
    ['of the future', at, started(10_000, at + 99)],
    ['that took no time', at, started(0, at + 5)],
  ])('counts no start %s', (_, since, one) => {
    expect(learnStart(guessedStart(), [one], since, at + 10)).toEqual(guessedStart())
  })

  it('is at least the age of one on its way, until a start was seen', () => {
    const slow = { ...instance('i1', 'launching'), createdAt: at - 90_000 }
    expect(expectedStartMs(guessedStart(), [slow], at)).toBe(90_000)
    expect(expectedStartMs({ ms: 10_000, count: 1 }, [slow], at)).toBe(10_000)
  })
})
