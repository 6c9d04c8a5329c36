import { describe, expect, it } from 'vitest'
import { demandCurve } from '../../src/index.js'
import { newRandom } from '../../src/random.js'
import { exactPool } from './exact-pool.js'

describe('demandCurve', () => {
  const curve = demandCurve()

  it.each([
    [1, 0.81],
    [5, 0.91],
    [20, 0.95],
  ])('lets %d instances fill up to %d of their flat-out rate', (instances, knee) => {
    expect(curve.carriedBy(instances) / (40 * instances)).toBeCloseTo(knee, 1.9)
  })

  it('needs nothing for no load, and one for a little', () => {
    expect(curve.of(0)).toBe(0)
    expect(curve.of(0.001)).toBe(1)
  })

  it('needs exactly as many as carry the rate, at both sides of each edge', () => {
    for (let count = 1; count <= 60; count += 1) {
      const edge = curve.carriedBy(count)
      expect(curve.of(edge)).toBe(count)
      expect(curve.of(edge + 1e-6)).toBe(count + 1)
    }
  })

  it('carries more with each instance, and never the flat-out rate', () => {
    for (let count = 1; count <= 1000; count += 1) {
      expect(curve.carriedBy(count)).toBeGreaterThan(curve.carriedBy(count - 1))
      expect(curve.carriedBy(count)).toBeLessThan(40 * count)
    }
  })

  it('is on the safe side of the exact edge of one instance by at most a twentieth', () => {
    const share = (rate: number): number => {
      const { answeredOver, arrived } = exactPool({
        servers: 4,
        rates: Array.from({ length: 12_000 }, () => rate),
        fromSecond: 60,
        serviceSeconds: 0.1,
        phases: 4,
        dropAfterSeconds: Infinity,
        waitSeconds: 0.3,
        answerSeconds: 0.5,
        random: newRandom(5, 'edge'),
      })
      return answeredOver / arrived
    }
    const edge = curve.carriedBy(1)
    expect(share(edge)).toBeLessThan(0.01)
    expect(share(edge * 1.05)).toBeGreaterThan(0.01)
  })

  it('gives the demand of each second', () => {
    expect([...curve.ofEach(Float64Array.from([0, 10, 10, 40, 760]))]).toEqual([0, 1, 1, 2, 20])
  })
})
