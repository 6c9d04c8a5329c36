import { describe, expect, it } from 'vitest'
import { learnCapacity, unknownCapacity } from '../../../src/policies/adaptive/capacity.js'
import { believedExperience, withInterval } from '../../../src/policies/adaptive/experience.js'
import { advance, forecast, newCourse } from '../../../src/policies/adaptive/forecast.js'
import { heldCount, type Needs, withNeed } from '../../../src/policies/adaptive/hold.js'
import { expectedStartMs, guessedStart, learnStart } from '../../../src/policies/adaptive/lead-time.js'
import { cheapestMargin, errorBounds, withError, worsened } from '../../../src/policies/adaptive/margin.js'
import {
  addedFor,
  faded,
  isOverloaded,
  lateShareAfter,
  lateShareOf,
} from '../../../src/policies/adaptive/overload.js'
import { cheapestPlan } from '../../../src/policies/adaptive/plan.js'
import { carriedShare, staffedFor } from '../../../src/policies/adaptive/staffing.js'
import { fairCost, shortageCostAfter, shortageCosts } from '../../../src/policies/adaptive/steering.js'
import { at, instance } from '../../observations.js'

describe('staffing', () => {
  it.each([
    [0, 0, 1],
    [10, 0, 10],
    [10.01, 0, 11],
    // 0.9 is what one carries with room for 0.1; 9.7 what ten minus 0.1 roots of ten do not quite.
    [0.9, 0.1, 1],
    [0.91, 0.1, 2],
    [9.68, 0.1, 10],
    [9.69, 0.1, 11],
  ])('a load of %s with room %s takes %s', (load, room, count) => {
    expect(staffedFor(load, room)).toBe(count)
  })

  it('fills larger groups fuller', () => {
    expect(carriedShare(1, 0.2)).toBeCloseTo(0.8, 12)
    expect(carriedShare(16, 0.2)).toBeCloseTo(0.95, 12)
  })

  it('is the fewest that carry the load', () => {
    for (let load = 0; load < 60; load += 0.37) {
      const count = staffedFor(load)
      expect(count * carriedShare(count)).toBeGreaterThanOrEqual(load)
      if (count > 1) expect((count - 1) * carriedShare(count - 1)).toBeLessThan(load)
    }
  })
})

describe('capacity', () => {
  const seen = { load: 60, cpu: 0.5, servingCount: 3, isSettled: true }

  it('is the load over the CPU of all', () => {
    expect(learnCapacity(unknownCapacity(), seen)).toEqual({ perInstance: 40, sampleCount: 1 })
  })

  it('comes to a changed cost per request in minutes', () => {
    let known = { perInstance: 40, sampleCount: 1000 }
    for (let tick = 0; tick < 40; tick += 1) known = learnCapacity(known, { ...seen, load: 30 })
    expect(known.perInstance).toBeGreaterThan(20)
    expect(known.perInstance).toBeLessThan(21)
  })

  it.each([
    ['idle', { cpu: 0.08 }],
    ['full', { cpu: 0.92 }],
    ['without load', { load: 0 }],
    ['changing', { isSettled: false }],
    ['empty', { servingCount: 0 }],
    ['beyond number', { load: Infinity }],
  ])('learns nothing from a group that is %s', (_, change) => {
    const known = { perInstance: 40, sampleCount: 2 }
    expect(learnCapacity(known, { ...seen, ...change })).toBe(known)
  })
})

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

describe('forecasts', () => {
  it('by level go half the way', () => {
    expect(forecast(advance('level', newCourse(10), 20, at), 5)).toBe(15)
    expect(forecast(advance('last', newCourse(10), 20, at), 5)).toBe(19)
    expect(forecast(advance('slow', newCourse(10), 20, at), 5)).toBe(12)
  })

  it('by trend go on climbing, each interval less', () => {
    let course = newCourse(10)
    for (let tick = 1; tick <= 100; tick += 1) course = advance('trend', course, 10 + tick, at)
    const steps = [1, 2, 3].map((ahead) => forecast(course, ahead) - forecast(course, ahead - 1))
    expect(steps[0]).toBeGreaterThan(0)
    expect(steps[1]).toBeCloseTo(0.9 * (steps[0] ?? 0), 9)
    expect(steps[2]).toBeCloseTo(0.81 * (steps[0] ?? 0), 9)
  })

  it.each([
    ['peak', 10],
    ['high', 120],
  ] as const)('by %s remember %s minutes', (kind, minutes) => {
    let course = advance(kind, newCourse(20), 20, 0)
    for (let minute = 1; minute < minutes; minute += 1) course = advance(kind, course, 4, minute * 60_000)
    expect(forecast(course, 1)).toBe(20)
    for (let minute = minutes; minute < 2 * minutes; minute += 1) {
      course = advance(kind, course, 4, minute * 60_000)
    }
    expect(forecast(course, 1)).toBeLessThan(12)
    expect(course.peaks.length).toBeLessThanOrEqual(10)
  })

  it('forget the peaks of a future that the clock went back from', () => {
    const later = advance('peak', newCourse(20), 20, at + 86_400_000)
    expect(forecast(advance('peak', later, 0, at), 1)).toBe(10)
  })
})

describe('margin', () => {
  const none = { loads: errorBounds.map(() => 0), scale: 0, forecasts: 0 }
  const after = (errors: readonly number[]): ReturnType<typeof withError> => {
    let seen = none
    for (const error of errors) seen = withError(seen, 1, 1, 1 + error)
    return seen
  }

  it('is none when no forecast was exceeded', () => {
    const { share, lateShare } = cheapestMargin(after(Array.from({ length: 50 }, () => -0.1)), 100)
    expect([share, lateShare]).toEqual([0, 0])
  })

  it('covers an error that comes often, and not one that comes too seldom for what it costs', () => {
    const often = after(Array.from({ length: 100 }, (_, tick) => (tick % 10 === 0 ? 0.5 : 0)))
    expect(cheapestMargin(often, 25).share).toBeGreaterThanOrEqual(0.5)
    expect(cheapestMargin(often, 25).share).toBeLessThan(0.5 * 1.15)
    // Half an instance all the time against 1.5 of load in a hundred intervals.
    const seldom = after(Array.from({ length: 100 }, (_, tick) => (tick === 50 ? 0.5 : 0)))
    expect(cheapestMargin(seldom, 25).share).toBe(0)
    expect(cheapestMargin(seldom, 100).share).toBeGreaterThanOrEqual(0.5)
    expect(cheapestMargin(seldom, 25).lateShare).toBeCloseTo(1.5 / 100.5, 2)
  })

  it('has a class for every error', () => {
    for (const error of [NaN, -Infinity, -1, 0, 1e-300, 0.02, 1, 1e300, Infinity]) {
      const { loads } = withError(none, 0, 1 / error, 1)
      expect(loads).toHaveLength(errorBounds.length)
      expect(loads.reduce((sum, load) => sum + load, 0)).toBe(1)
    }
  })

  it('reckons with worse than was seen, and with no more load; the more so where no queue is seen', () => {
    const seen = after(Array.from({ length: 100 }, (_, tick) => (tick % 10 === 0 ? 0.5 : 0)))
    const sum = (loads: readonly number[]): number => loads.reduce((total, load) => total + load, 0)
    for (const queue of ['seen', 'unseen'] as const) {
      const feared = worsened(seen, queue)
      expect(sum(feared.loads)).toBeCloseTo(sum(seen.loads), 9)
      expect(cheapestMargin(feared, 1000).share).toBeGreaterThan(1.5 * cheapestMargin(seen, 1000).share)
      expect(worsened(after([-0.1, 0]), queue)).toEqual(after([-0.1, 0]))
    }
    const shares = (['seen', 'unseen'] as const).map(
      (queue) => cheapestMargin(worsened(seen, queue), 60).share,
    )
    expect(shares[0]).toBeLessThan(shares[1] ?? 0)
  })
})

describe('plan', () => {
  const none = { loads: errorBounds.map(() => 0), scale: 0, forecasts: 0 }
  const loads = Array.from({ length: 100 }, (_, tick) => (tick % 10 === 0 ? 2 : 1))
  const of = (expected: number): ReturnType<typeof withError> =>
    loads.reduce((seen, load) => withError(seen, expected, expected, load), none)

  it('follows the forecaster that would have cost least, the first of equals', () => {
    // To expect 2 is dear and never late; to expect 1 is cheap, and late for two in eleven.
    expect(cheapestPlan([of(1), of(2), of(2)], 2)).toMatchObject({ place: 0, margin: { share: 0 } })
    expect(cheapestPlan([of(1.1), of(2), of(2)], 100)).toMatchObject({ place: 1, margin: { lateShare: 0 } })
  })
})

describe('steering', () => {
  const plans = (lateShares: readonly number[], spending = 1.5): ReturnType<typeof cheapestPlan>[] =>
    shortageCosts.map((shortageCost, place) => ({
      place: 0,
      margin: { share: 0, lateShare: lateShares[place] ?? 0, spending },
      shortageCost,
    }))
  const costAt = (late: number, of: ReturnType<typeof plans>): number =>
    shortageCostAfter({ load: 1000, late: 1000 * late, expectedLate: 1000 * late, intervals: 1000 }, of)

  it('takes a shortage for as dear as the goal needs, and no dearer', () => {
    expect(costAt(0, plans([0.001]))).toBe(shortageCosts[0])
    expect(costAt(0.001, plans([0.1, 0.05, 0.016, 0.01]))).toBeCloseTo(shortageCosts[2] ?? 0, 9)
    const between = costAt(0.001, plans([0.1, 0.05, 0.02, 0.01]))
    expect(between).toBeGreaterThan(shortageCosts[2] ?? 0)
    expect(between).toBeLessThan(shortageCosts[3] ?? 0)
  })

  it('asks for less than is fair where the goal is kept anyway, also where all is dear', () => {
    expect(costAt(0, plans([0.001]))).toBeLessThan(fairCost)
    expect(costAt(0, plans([0.001], 5))).toBeLessThan(fairCost)
  })

  it('is dearer the more was late, up to a limit', () => {
    const some = plans([0.1, 0.05, 0.02, 0.01, 0.005, 0.001])
    const costs = [0, 0.002, 0.006, 0.012, 0.1].map((late) => costAt(late, some))
    expect(costs).toEqual(costs.toSorted((a, b) => a - b))
    expect(costs.at(-1)).toBeCloseTo(160, 9)
  })

  it('believes its plans less when more was late than they had it', () => {
    const some = plans([0.01, 0.005, 0.002])
    const fared = { load: 1000, late: 6, expectedLate: 6, intervals: 1000 }
    const flattered = shortageCostAfter({ ...fared, expectedLate: 1 }, some)
    expect(flattered).toBeGreaterThan(shortageCostAfter(fared, some))
  })

  it('gives up a goal that would cost out of all proportion, unless told not to', () => {
    const dear = plans([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0], 5)
    expect(costAt(0.01, dear)).toBeCloseTo(fairCost, 9)
    const fared = { load: 1000, late: 10, expectedLate: 10, intervals: 1000 }
    expect(shortageCostAfter(fared, dear, false)).toBeGreaterThan(150)
  })

  it('weighs what was late by the load it met', () => {
    const before = { load: 100, late: 0, expectedLate: 0, intervals: 50 }
    const { load, late, expectedLate, intervals } = withInterval(before, 10, 0.5, 0.1)
    expect(load).toBeCloseTo(109.975, 9)
    expect(late).toBe(5)
    expect(expectedLate).toBe(1)
    expect(intervals).toBeCloseTo(50.9875, 9)
    expect(shortageCostAfter(believedExperience(0), plans([0]))).toBe(shortageCosts[0])
  })
})

describe('overload', () => {
  const work = { cpu: 0.5, queue: 0, servingCount: 4, perInstance: 10 }

  it.each([
    [{}, false],
    [{ cpu: 0.98 }, true],
    [{ queue: 2 }, false],
    [{ queue: 2.1 }, true],
    [{ queue: undefined }, false],
  ])('%o: %s', (change, overloaded) => {
    expect(isOverloaded({ ...work, ...change })).toBe(overloaded)
  })

  it.each([
    [{}, 0],
    [{ queue: 6 }, 0.25],
    [{ queue: 3 }, 0.0625],
    [{ queue: 100 }, 1],
    [{ queue: undefined, cpu: 0.97 }, 0.25],
    [{ queue: undefined, cpu: 2 }, 1],
    [{ queue: 100, perInstance: 0 }, 0],
  ])('%o makes %s of it late', (change, share) => {
    expect(lateShareOf({ ...work, ...change })).toBeCloseTo(share, 9)
  })

  it.each([
    ['what began within the interval by half', 0, 0.8, 0.4],
    ['what went on in full', 0.8, 0.8, 0.8],
    ['what grew by half of the growth', 0.4, 0.8, 0.6],
    ['what fell as it is now', 0.8, 0.2, 0.2],
  ])('counts %s', (_, before, now, counted) => {
    expect(lateShareAfter(before, now)).toBeCloseTo(counted, 12)
  })

  it.each([
    ['nothing for a queue at instances that can do what arrives', {}, 3.9, 0, 0],
    ['by how far the load has outgrown them', {}, 4.5, 0, 0.5],
    ['up to a bound', {}, 40, 0, 2],
    ['more where a shortage is dear', {}, 3.9, 0.6, 0.6],
    ['as much as the load when it knows no queue', { queue: undefined }, 3.9, 0, 1],
  ])('adds %s', (_, change, load, dearness, added) => {
    expect(addedFor({ ...work, ...change }, load, dearness, 0)).toBeCloseTo(added, 12)
  })

  it('lets go slowly', () => {
    expect(faded(0.4)).toBeCloseTo(0.28, 12)
    expect(addedFor(work, 3.9, 0, 0.4)).toBeCloseTo(0.28, 12)
  })
})

describe('hold', () => {
  const run = (needs: readonly (readonly [number, number])[]): Needs => {
    let held: Needs = []
    for (const [ms, count] of needs) held = withNeed(held, count, at + ms, 60_000)
    return held
  }

  it('keeps the largest need of the window, and no more than there is', () => {
    const needs = run([
      [0, 9],
      [15_000, 4],
      [30_000, 6],
      [45_000, 3],
    ])
    expect(heldCount(needs, 3, 10)).toBe(9)
    expect(heldCount(needs, 3, 8)).toBe(8)
    expect(heldCount(withNeed(needs, 3, at + 60_000, 60_000), 3, 10)).toBe(6)
  })

  it('never holds growth', () => {
    expect(heldCount(run([[0, 20]]), 12, 10)).toBe(12)
  })

  it('keeps only what can still matter', () => {
    expect(
      run([
        [0, 5],
        [15_000, 7],
        [30_000, 6],
      ]),
    ).toEqual([
      [at + 15_000, 7],
      [at + 30_000, 6],
    ])
  })

  it('lets go of needs seen before the clock went back', () => {
    const needs = withNeed(run([[86_400_000, 9]]), 3, at, 60_000)
    expect(heldCount(needs, 3, 9)).toBe(9)
    expect(heldCount(withNeed(needs, 3, at + 60_001, 60_000), 3, 9)).toBe(3)
  })
})
