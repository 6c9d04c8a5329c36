import { describe, expect, it } from 'vitest'
import { believedExperience, withInterval } from '../../../src/policies/adaptive/experience.js'
import type { Plan } from '../../../src/policies/adaptive/plan.js'
import { fairCost, shortageCostAfter, shortageCosts } from '../../../src/policies/adaptive/steering.js'

describe('steering', () => {
  const plans = (
    lateShares: readonly number[],
    costRatio: number | readonly number[] = 1.5,
  ): readonly Plan[] =>
    shortageCosts.map((shortageCost, place) => {
      const ratio = typeof costRatio === 'number' ? costRatio : (costRatio[place] ?? 9)
      const margin = { share: 0, lateShare: lateShares[place] ?? 0, spending: ratio, costRatio: ratio }
      return { forecaster: 0, scale: 'load', margin, shortageCost }
    })
  const costAt = (late: number, of: ReturnType<typeof plans>): number =>
    shortageCostAfter({ load: 1000, late: 1000 * late, expectedLate: 1000 * late, intervals: 1000 }, of)

  it('takes a shortage for as dear as the goal needs, and no dearer', () => {
    expect(costAt(0, plans([0.001]))).toBe(shortageCosts[0])
    expect(costAt(0.001, plans([0.1, 0.05, 0.0085, 0.005]))).toBeCloseTo(shortageCosts[2] ?? 0, 9)
    const between = costAt(0.001, plans([0.1, 0.05, 0.012, 0.005]))
    expect(between).toBeGreaterThan(shortageCosts[2] ?? 0)
    expect(between).toBeLessThan(shortageCosts[3] ?? 0)
  })

  it('asks for less than is fair where the goal is kept anyway, also where all is dear', () => {
    expect(costAt(0, plans([0.001]))).toBeLessThan(fairCost)
    expect(costAt(0, plans([0.001], 5))).toBeLessThan(fairCost)
  })

  describe('where the goal costs more than is affordable', () => {
    // The goal takes the dearest; 2.75 times the least lies half way between the fourth and the fifth.
    const ratios = [1, 1.5, 2, 2.5, 3, 3.5, 4]
    const near = plans([0.05, 0.02, 0.012, 0.008, 0.008, 0.007, 0.001], ratios)
    const dearest = Math.sqrt((shortageCosts[3] ?? 0) * (shortageCosts[4] ?? 0))

    it('falls to the dearest price that is affordable', () => {
      expect(dearest).toBeGreaterThan(fairCost)
      expect(costAt(0.008, near)).toBeCloseTo(dearest, 9)
    })

    it('falls to a fair price where even that leaves the goal far out of reach, and never below', () => {
      const far = plans([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0], ratios)
      expect(costAt(0.2, far)).toBeCloseTo(fairCost, 9)
      expect(costAt(0.2, plans([0.1, 0.1], 5))).toBeCloseTo(fairCost, 9)
    })

    it('has no cliff: what is seen a little otherwise changes the price a little', () => {
      const costs = Array.from({ length: 200 }, (_, step) => costAt(0.008 + step * 0.001, near))
      const jumps = costs.slice(1).map((cost, step) => Math.abs(Math.log(cost / (costs[step] ?? cost))))
      expect(Math.max(...jumps)).toBeLessThan(0.05)
      expect(costs.at(-1)).toBeCloseTo(fairCost, 9)
    })

    it('keeps the goal at any price when told to', () => {
      const fared = { load: 1000, late: 8, expectedLate: 8, intervals: 1000 }
      expect(shortageCostAfter(fared, near, false)).toBeGreaterThan(100)
    })
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
