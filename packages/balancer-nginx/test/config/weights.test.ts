import { expect, it } from 'vitest'
import { nginxWeights } from '../../src/config/weights.js'

it.each([
  [[], []],
  [[1], [1]],
  [
    [2, 2, 2],
    [1, 1, 1],
  ],
  [
    [1, 3],
    [1, 3],
  ],
  [
    [10, 20, 40],
    [1, 2, 4],
  ],
  [
    [0.5, 1],
    [50, 100],
  ],
  [
    [0.1, 0.1],
    [100, 100],
  ],
  [
    [1, 1000],
    [1, 1000],
  ],
  [
    [1, 1001],
    [1, 100],
  ],
  [
    [1e-9, 1],
    [1, 100],
  ],
  [
    [1, Number.MAX_VALUE],
    [1, 100],
  ],
  [
    [Number.MIN_VALUE, Number.MIN_VALUE],
    [100, 100],
  ],
])('weights %j become %j', (given, expected) => {
  expect(nginxWeights(given)).toEqual(expected)
})
