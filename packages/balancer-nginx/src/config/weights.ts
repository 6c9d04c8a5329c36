import { wholeWeights } from '@flotilla/core/authoring'

/**
 * Weights as Nginx takes them: whole numbers >= 1, as small as may be, because consistent hashing keeps 160 points for
 * each unit. Whole numbers keep their proportions; others, and very large ones, are rounded to hundredths of the largest.
 */
export function nginxWeights(weights: readonly number[]): readonly number[] {
  const areWhole = weights.every(Number.isSafeInteger)
  const divisor = areWhole ? weights.reduce(greatestCommonDivisor, 0) : 1
  return wholeWeights(
    weights.map((weight) => weight / divisor),
    { largest: 1000, finest: 100 },
  )
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
