import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dipsFilled, ledBy } from '../../src/score/sliding.js'

const curve = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 })

describe('ledBy', () => {
  it('asks early for what is coming', () => {
    expect([...ledBy(Int32Array.from([1, 1, 1, 3, 1, 1]), 2)]).toEqual([1, 3, 3, 3, 1, 1])
  })

  it('is the largest of what lies ahead, for any curve', () => {
    fc.assert(
      fc.property(curve, fc.integer({ min: 0, max: 12 }), (values, ahead) => {
        const wanted = values.map((_, index) => Math.max(...values.slice(index, index + ahead + 1)))
        expect([...ledBy(Int32Array.from(values), ahead)]).toEqual(wanted)
      }),
    )
  })
})

/** Raises each dip that is shorter than `length`, one by one, until none is left. */
function filledByHand(values: readonly number[], length: number): number[] {
  const filled = [...values]
  for (let from = 0; from < filled.length; from += 1) {
    for (let to = from + 2; to < filled.length && to - from - 1 < length; to += 1) {
      const edge = Math.min(filled[from] ?? 0, filled[to] ?? 0)
      for (let index = from + 1; index < to; index += 1) {
        if ((filled[index] ?? 0) < edge) {
          filled[index] = edge
          // A raised place may be the edge of another dip.
          return filledByHand(filled, length)
        }
      }
    }
  }
  return filled
}

describe('dipsFilled', () => {
  it.each([
    [2, [3, 1, 3, 1, 1, 3], [3, 3, 3, 1, 1, 3]],
    [3, [3, 1, 3, 1, 1, 3], [3, 3, 3, 3, 3, 3]],
    [3, [2, 0, 5], [2, 2, 5]],
    [9, [0, 0, 5, 0, 0], [0, 0, 5, 0, 0]],
    [1, [3, 1, 3], [3, 1, 3]],
  ])('fills dips shorter than %d', (length, values, wanted) => {
    expect([...dipsFilled(Int32Array.from(values), length)]).toEqual(wanted)
  })

  it('fills what filling them one by one fills, for any curve', () => {
    fc.assert(
      fc.property(curve, fc.integer({ min: 1, max: 10 }), (values, length) => {
        expect([...dipsFilled(Int32Array.from(values), length)]).toEqual(filledByHand(values, length))
      }),
    )
  })
})
