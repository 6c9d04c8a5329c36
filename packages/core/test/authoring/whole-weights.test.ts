import { array, assert, double, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wholeWeights } from '../../src/authoring/whole-weights.js'

describe('wholeWeights', () => {
  it.each([
    [[1, 2, 3], { largest: 256 }, [1, 2, 3]],
    [[0.5, 1], { largest: 256 }, [128, 256]],
    [[1, 1000], { largest: 256 }, [1, 256]],
    [[1, 1.5], { largest: 1000, finest: 100 }, [67, 100]],
    [[], { largest: 256 }, []],
  ])('makes %j with %j into %j', (weights, options, whole) => {
    expect(wholeWeights(weights, options)).toEqual(whole)
  })

  it('gives whole numbers from 1 to the largest, in the order of the weights', () => {
    const weight = double({ min: 1e-9, max: 1e9, noNaN: true })
    assert(
      property(array(weight, { minLength: 1, maxLength: 20 }), (weights) => {
        const whole = wholeWeights(weights, { largest: 256 })
        expect(whole.every((one) => Number.isInteger(one) && one >= 1 && one <= 256)).toBe(true)
        for (const [index, own] of weights.entries()) {
          for (const [other, its] of weights.entries()) {
            if (own <= its) expect(whole[index]).toBeLessThanOrEqual(whole[other] ?? 0)
          }
        }
      }),
    )
  })
})
