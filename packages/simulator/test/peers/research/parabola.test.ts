import { describe, expect, it } from 'vitest'
import { extrapolateLine, extrapolateParabola } from '../../../src/peers/research/parabola.js'

const curve = (f: (x: number) => number): number[] => Array.from({ length: 12 }, (_, x) => f(x))

describe('extrapolateParabola', () => {
  it('goes on along a parabola', () => {
    expect(
      extrapolateParabola(
        curve((x) => 3 - 2 * x + 0.5 * x * x),
        2,
      ),
    ).toBeCloseTo(3 - 26 + 84.5, 9)
  })

  it('misses the least: by hand for four points', () => {
    // 0, 1, 0, 1: level 0.5, slope 0.2, no bend.
    expect(extrapolateParabola([0, 1, 0, 1], 1)).toBeCloseTo(0.5 + 0.2 * 2.5, 12)
  })

  it('stays with the last of too few', () => {
    expect([extrapolateParabola([], 1), extrapolateParabola([4], 1), extrapolateParabola([4, 6], 1)]).toEqual(
      [0, 4, 6],
    )
  })
})

describe('extrapolateLine', () => {
  it('goes on along a line', () => {
    expect(
      extrapolateLine(
        curve((x) => 5 - 0.25 * x),
        4,
      ),
    ).toBeCloseTo(5 - 0.25 * 15, 9)
  })
})
