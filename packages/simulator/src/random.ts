/** A stream of random numbers that the same seed repeats. */
export interface Random {
  /** 0 <= value < 1 */
  uniform(): number
  /** Normal, mean 0, deviation 1. */
  gauss(): number
  /** Exponential, mean 1. */
  exponential(): number
}

/**
 * A stream of its own for each use: launches that one policy makes and another does not leave the noise of both alike.
 *
 * The generator is mulberry32: 32 bits of state, a period of 2^32.
 *
 * @param seed - whole number
 * @param use - what the numbers are for
 */
export function newRandom(seed: number, use: string): Random {
  let state = hash(seed, use)
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    uniform,
    // Box and Muller; 1 - u is never 0.
    gauss: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    exponential: () => -Math.log(1 - uniform()),
  }
}

/** FNV-1a over the text, started from the seed. */
function hash(seed: number, text: string): number {
  let value = 0x811c9dc5 ^ seed
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value
}
