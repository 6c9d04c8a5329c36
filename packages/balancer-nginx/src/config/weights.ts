/** Where weights cannot be told apart as small whole numbers, the largest becomes this. */
const finest = 100

/**
 * Weights as Nginx takes them: whole numbers >= 1, as small as may be, because consistent hashing keeps 160 points for
 * each unit. Whole numbers keep their proportions; others, and very large ones, are rounded to hundredths of the largest.
 */
export function wholeWeights(weights: readonly number[]): readonly number[] {
  const areWhole = weights.every(Number.isSafeInteger)
  const divisor = areWhole ? weights.reduce(greatestCommonDivisor, 0) : 1
  const reduced = weights.map((weight) => weight / divisor)
  const largest = Math.max(...reduced)
  if (areWhole && largest <= 1000) return reduced
  return reduced.map((weight) => Math.max(1, Math.round((weight / largest) * finest)))
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
