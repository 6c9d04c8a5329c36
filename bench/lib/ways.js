import { median } from './stats.js'

/** How long each way to do a thing takes, in ms by its name; every time is said as it comes. */
export function timesByWay() {
  /** @type {Map<string, number[]>} */
  const took = new Map()
  const add = (/** @type {string} */ way, /** @type {number} */ ms) => {
    took.set(way, [...(took.get(way) ?? []), ms])
    console.log(`  ${way}: ${ms.toFixed(0)} ms`)
  }
  return { took, add }
}

/** Columns of a table with `spreadOf`. */
export const spreadColumns = ['rounds', 'median', 'least', 'most']

/** @param {readonly number[]} times - ms */
export const spreadOf = (times) => [
  times.length,
  median(times).toFixed(0),
  Math.min(...times).toFixed(0),
  Math.max(...times).toFixed(0),
]

/**
 * Each as a share of the other's in the same round, which shared what the machine had left.
 *
 * @param {readonly number[]} times
 * @param {readonly number[]} others
 */
export const sharesByRound = (times, others) => times.map((ms, round) => ms / (others[round] ?? NaN))
