import { describe, expect, it } from 'vitest'
import { carriedShare, staffedFor } from '../../../src/policies/adaptive/staffing.js'

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
