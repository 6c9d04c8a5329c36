/** @typedef {ReturnType<typeof newRandom>} Random */

/**
 * Numbers that are the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
export function newRandom(seed) {
  let state = seed >>> 0
  /** 0 <= value < 1 */
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    uniform,
    /**
     * @param {number} from
     * @param {number} to included
     */
    whole: (from, to) => from + Math.floor(uniform() * (to - from + 1)),
    /**
     * @template T
     * @param {readonly T[]} items
     * @returns {T | undefined}
     */
    pick: (items) => items[Math.floor(uniform() * items.length)],
    /**
     * @template {{ readonly weight?: number }} T
     * @param {readonly T[]} items
     * @returns {T}
     */
    weighted(items) {
      let left = uniform() * items.reduce((sum, { weight = 1 }) => sum + weight, 0)
      for (const item of items) {
        left -= item.weight ?? 1
        if (left < 0) return item
      }
      const last = items.at(-1)
      if (last === undefined) throw new Error('there is nothing to choose from')
      return last
    },
  }
}
