/**
 * The middle value; of an even count, the mean of the two in the middle.
 *
 * @param {readonly number[]} numbers - in any order; left as it is
 * @returns {number} NaN when there are none
 */
export function median(numbers) {
  return percentile(numbers, 50)
}

/**
 * The value that `p` percent of the numbers do not pass, between two neighbours by straight line.
 *
 * @param {readonly number[]} numbers - in any order; left as it is
 * @param {number} p - 0 to 100
 * @returns {number} NaN when there are none
 */
export function percentile(numbers, p) {
  if (!(p >= 0 && p <= 100)) throw new RangeError(`percentile: p must be from 0 to 100, got ${p}`)
  const sorted = numbers.toSorted((one, other) => one - other)
  const place = ((sorted.length - 1) * p) / 100
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
