import type { Random } from '../../src/random.js'

/** What an exact simulation counted. */
export interface ExactCounts {
  readonly arrived: number
  readonly served: number
  readonly dropped: number
  /** Waited longer than asked. */
  readonly waitedOver: number
  /** Waited and was served in longer than asked, together. */
  readonly answeredOver: number
  readonly meanWaitSeconds: number
  readonly waited: number
}

export interface ExactOptions {
  readonly servers: number
  /** Requests per second at each second; the run ends with it. */
  readonly rates: readonly number[]
  readonly serviceSeconds: number
  /** Phases of the Erlang service time: its squared coefficient of variation is 1 / phases. */
  readonly phases: number
  /** A request that would wait longer is dropped. */
  readonly dropAfterSeconds: number
  readonly waitSeconds: number
  readonly answerSeconds: number
  readonly random: Random
  /** Requests that arrive before this are served and not counted, so that the pool is at rest. */
  readonly fromSecond?: number
}

/**
 * Request by request: Poisson arrivals, one queue, first come first served, each to the server that is free first.
 * An event simulation without a calendar: with one queue in order, a request's wait is known when it arrives.
 */
export function exactPool(options: ExactOptions): ExactCounts {
  const { servers, rates, serviceSeconds, phases, random, fromSecond = 0 } = options
  const freeAt = new Float64Array(servers)
  let arrived = 0
  let served = 0
  let dropped = 0
  let waitedOver = 0
  let answeredOver = 0
  let waited = 0
  let waits = 0
  for (const [second, rate] of rates.entries()) {
    if (rate <= 0) continue
    // Memoryless: a fresh gap at each second's start is the same process.
    for (let at = second + random.exponential() / rate; at < second + 1; at += random.exponential() / rate) {
      let first = 0
      for (let server = 1; server < servers; server += 1) {
        if ((freeAt[server] ?? 0) < (freeAt[first] ?? 0)) first = server
      }
      const beginsAt = Math.max(at, freeAt[first] ?? 0)
      const wait = beginsAt - at
      const counts = second >= fromSecond
      if (counts) arrived += 1
      if (wait > options.dropAfterSeconds) {
        if (counts) {
          dropped += 1
          waitedOver += 1
          answeredOver += 1
        }
        continue
      }
      // A sum of exponentials, with one logarithm for all.
      let product = 1
      for (let phase = 0; phase < phases; phase += 1) product *= 1 - random.uniform()
      const service = (-Math.log(product) * serviceSeconds) / phases
      freeAt[first] = beginsAt + service
      if (!counts) continue
      served += 1
      waits += wait
      if (wait > 0) waited += 1
      if (wait > options.waitSeconds) waitedOver += 1
      if (wait + service > options.answerSeconds) answeredOver += 1
    }
  }
  return {
    arrived,
    served,
    dropped,
    waitedOver,
    answeredOver,
    waited,
    meanWaitSeconds: waits / Math.max(1, served),
  }
}
