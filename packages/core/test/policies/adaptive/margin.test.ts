import { describe, expect, it } from 'vitest'
import {
  cheapestClass,
  type Errors,
  errorBounds,
  loadBeyond,
  type Margin,
  marginOf,
  withError,
  type worseShares,
} from '../../../src/policies/adaptive/margin.js'

const none: Errors = { loads: errorBounds.map(() => 0), scale: 0, forecasts: 0, least: 0, weight: 1 }

/** After forecasts of 1 that were off by these. */
function after(errors: readonly number[]): Errors {
  let seen = none
  for (const error of errors) seen = withError(seen, 1, 1, 1 + error)
  return seen
}

function cheapestMargin(seen: Errors, cost: number, worse: keyof typeof worseShares = 'without'): Margin {
  const beyond = loadBeyond(seen, worse)
  return marginOf(seen, beyond, cheapestClass(seen, beyond, cost))
}

const total = (seen: Errors, worse: keyof typeof worseShares = 'without'): number =>
  loadBeyond(seen, worse)[errorBounds.length] ?? 0

describe('margin', () => {
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
      expect(loads.reduce((sum, load) => sum + load, 0)).toBeCloseTo(1, 2)
    }
  })

  it('lets the old fade, and stays finite however long it lasts', () => {
    const before = after([0.5])
    const shareOf = (seen: Errors): number => (loadBeyond(seen, 'without')[0] ?? 0) / total(seen)
    let seen = before
    for (let tick = 0; tick < 20_000; tick += 1) seen = withError(seen, 1, 1, 1)
    expect(shareOf(before)).toBe(1)
    expect(shareOf(seen)).toBeLessThan(1e-5)
    expect(seen.weight).toBeLessThan(1000)
    // A thousand forecasts of 1 are remembered.
    expect(seen.forecasts / seen.weight).toBeCloseTo(1000, -1)
  })

  it('tells what it carries, per load and per what nobody could have gone below', () => {
    let seen = none
    for (let tick = 0; tick < 100; tick += 1) seen = withError(seen, 0.25, 1, 0.25)
    const beyond = loadBeyond(seen, 'without')
    const { spending, costRatio } = marginOf(seen, beyond, errorBounds.length - 1)
    const carried = 0.25 + (errorBounds.at(-1) ?? 0)
    expect(spending).toBeCloseTo(carried / 0.25, 2)
    // One instance is the least, whatever the load.
    expect(costRatio).toBeCloseTo(carried, 2)
  })

  it('reckons with worse than was seen, and with no more load; the more so where no queue is seen', () => {
    const seen = after(Array.from({ length: 100 }, (_, tick) => (tick % 10 === 0 ? 0.5 : 0)))
    for (const queue of ['seen', 'unseen'] as const) {
      expect(total(seen, queue)).toBeCloseTo(total(seen), 9)
      expect(cheapestMargin(seen, 1000, queue).share).toBeGreaterThan(1.5 * cheapestMargin(seen, 1000).share)
      expect(loadBeyond(after([-0.1, 0]), queue)).toEqual(loadBeyond(after([-0.1, 0]), 'without'))
    }
    const shares = (['seen', 'unseen'] as const).map((queue) => cheapestMargin(seen, 60, queue).share)
    expect(shares[0]).toBeLessThan(shares[1] ?? 0)
  })
})
