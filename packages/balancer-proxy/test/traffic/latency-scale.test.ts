import { expect, it } from 'vitest'
import {
  latencyBucketCount,
  latencyBucketOf,
  latencyOfBucket,
  latencyPercentile,
} from '../../src/traffic/latency-scale.js'

function countsOf(values: readonly number[]): number[] {
  const counts = Array.from({ length: latencyBucketCount }, () => 0)
  for (const ms of values) counts[latencyBucketOf(ms)]! += 1
  return counts
}

it('is right to within 4.5 % from a tenth of a millisecond to an hour', () => {
  for (let ms = 0.11; ms < 3_600_000; ms *= 1.07) {
    expect(Math.abs(latencyOfBucket(latencyBucketOf(ms)) / ms - 1)).toBeLessThan(0.045)
  }
})

it.each([0, 0.01, 0.1, 1e9])('has a bucket for %d ms', (ms) => {
  expect(latencyBucketOf(ms)).toBeGreaterThanOrEqual(0)
  expect(latencyBucketOf(ms)).toBeLessThan(latencyBucketCount)
})

it.each([
  [0.5, 500],
  [0.95, 950],
  [0.99, 990],
  [1, 1000],
  [0, 1],
])('finds the percentile %d of 1 to 1000 ms', (share, ms) => {
  const counts = countsOf(Array.from({ length: 1000 }, (_, index) => index + 1))
  expect(latencyPercentile(counts, share)! / ms).toBeCloseTo(1, 1)
})

it('tells a few slow requests from many quick ones', () => {
  const counts = countsOf([...Array.from({ length: 94 }, () => 2), ...Array.from({ length: 6 }, () => 900)])
  expect(latencyPercentile(counts, 0.5)).toBeLessThan(2.2)
  expect(latencyPercentile(counts, 0.95)).toBeGreaterThan(850)
})

it('has no percentile of nothing', () => {
  expect(latencyPercentile(countsOf([]), 0.95)).toBeUndefined()
})
