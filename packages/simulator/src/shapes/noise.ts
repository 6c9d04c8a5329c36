import type { ShapePart } from './shape.js'

/** Options of noise upon a load. */
export interface NoiseOptions {
  /** Deviation as a share of the load; default 0.1. */
  readonly deviation?: number | undefined
  /** How long the noise remembers itself, milliseconds; 0 (default) for each interval its own. */
  readonly memoryMs?: number | undefined
}

/** Noise around the load: log-normal with mean 1, so never below 0. */
export function noise({ deviation = 0.1, memoryMs = 0 }: NoiseOptions = {}): ShapePart {
  return ({ count, intervalMs, random }) => {
    const spread = Math.sqrt(Math.log(1 + deviation ** 2))
    const kept = memoryMs === 0 ? 0 : Math.exp(-intervalMs / memoryMs)
    const fresh = Math.sqrt(1 - kept ** 2)
    let state = random.gauss()
    return Float64Array.from({ length: count }, () => {
      state = kept * state + fresh * random.gauss()
      return Math.exp(spread * state - spread ** 2 / 2)
    })
  }
}

/**
 * The noise of counting few things: so many arrivals per interval at factor 1, and what chance makes of them. A real
 * log of a small site looks like this.
 *
 * @param perInterval - mean arrivals per interval; the fewer, the noisier
 */
export function counting(perInterval: number): ShapePart {
  return ({ count, random }) =>
    Float64Array.from({ length: count }, () => {
      // Good to a percent from ten arrivals on, and never below none.
      const arrivals = perInterval + Math.sqrt(perInterval) * random.gauss()
      return Math.max(0, arrivals) / perInterval
    })
}

/**
 * A load that wanders: each interval a little off the one before, drawn back to 1.
 *
 * @param deviation - in the long run, as a share of the load; default 0.3
 * @param memoryMs - how fast it is drawn back, milliseconds; default one hour
 */
export function wander(deviation: number = 0.3, memoryMs: number = 3_600_000): ShapePart {
  return noise({ deviation, memoryMs })
}
