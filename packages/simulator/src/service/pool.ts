import type { FullService } from './service.js'
import { fullestUtilisation, serversOf } from './waiting.js'

/** Requests since the last `take`. */
export interface Tally {
  arrived: number
  served: number
  /** Those of `arrived` that are answered late, or never. */
  slow: number
  dropped: number
}

/**
 * The service, second by second: a fluid backlog for what exceeds capacity, and the waiting of a pool at rest for the
 * rest. Conserves requests: arrived = served + dropped + still waiting.
 *
 * A request is judged when it arrives, by what waits before it; one that is cut off later, because capacity fell away
 * under it, counts as slow then.
 */
export class Pool {
  readonly #service: FullService
  /** By second: what was served, what could have been, and how many waited. Written by `run`. */
  readonly served: Float64Array
  readonly capacity: Float64Array
  readonly waiting: Float64Array
  #backlog = 0
  #capacity = 0
  /** Requests of the last second that were judged in time. */
  #lastInTime = 0
  #tally: Tally = { arrived: 0, served: 0, slow: 0, dropped: 0 }

  constructor(service: FullService, seconds: number) {
    this.#service = service
    this.served = new Float64Array(seconds)
    this.capacity = new Float64Array(seconds)
    this.waiting = new Float64Array(seconds)
  }

  /** Requests that wait because capacity is short. */
  get backlog(): number {
    return this.#backlog
  }

  /** What came of the requests since the last call. */
  take(): Tally {
    const tally = this.#tally
    this.#tally = { arrived: 0, served: 0, slow: 0, dropped: 0 }
    return tally
  }

  /**
   * The seconds from `from` up to and without `to`, with a capacity that stays the same.
   *
   * @param instances - those in service; one that warms up counts by its speed
   */
  run(rates: Float64Array, from: number, to: number, instances: number): void {
    const { ratePerInstance, dropAfterSeconds, slowWaitSeconds, serviceSeconds, scv } = this.#service
    const capacity = instances * ratePerInstance
    const longest = capacity * dropAfterSeconds
    this.#shrinkTo(capacity, longest)
    const tally = this.#tally
    let backlog = this.#backlog
    if (capacity <= 0) {
      for (let second = from; second < to; second += 1) {
        const rate = rates[second] ?? 0
        tally.arrived += rate
        tally.dropped += rate
        tally.slow += rate
      }
      this.#lastInTime = 0
      return
    }

    // Written out, not called: this loop is the simulator's cost.
    const servers = serversOf(this.#service, instances)
    const exponent = Math.sqrt(2 * (servers + 1)) - 1
    const steepness = servers / (serviceSeconds * ((1 + scv) / 2))
    const fullest = fullestUtilisation(servers)
    let lastRate = -1
    let share = 0
    let decay = 0
    let slowShare = 0
    let lastInTime = 0
    for (let second = from; second < to; second += 1) {
      const rate = rates[second] ?? 0
      if (rate !== lastRate) {
        lastRate = rate
        const utilisation = Math.min(fullest, rate / capacity)
        share = utilisation <= 0 ? 0 : utilisation ** exponent
        decay = steepness * (1 - utilisation)
        slowShare = share * Math.exp(-decay * slowWaitSeconds)
      }
      const present = backlog + rate
      const done = present < capacity ? present : capacity
      let left = present - done
      let slow = slowShare * rate
      if (left > 0 || backlog > 0) {
        const dropped = left > longest ? left - longest : 0
        left -= dropped
        tally.dropped += dropped
        const before = (backlog + left) / 2 / capacity
        slow = before >= slowWaitSeconds ? rate : rate * share * Math.exp(-decay * (slowWaitSeconds - before))
        if (slow < dropped) slow = dropped
      }
      backlog = left
      tally.arrived += rate
      tally.served += done
      tally.slow += slow
      lastInTime = rate - slow
      this.served[second] = done
      this.capacity[second] = capacity
      this.waiting[second] = backlog + (rate * share) / decay
    }
    this.#backlog = backlog
    this.#lastInTime = lastInTime
  }

  /** What can no longer be served in time is dropped. */
  #shrinkTo(capacity: number, longest: number): void {
    if (this.#backlog > longest) {
      // The back of the queue was slow already if it had that much before it; nobody is slow twice.
      const inTime = Math.min(this.#backlog, this.#capacity * this.#service.slowWaitSeconds)
      this.#tally.slow += Math.max(0, Math.min(inTime - longest, this.#lastInTime))
      this.#tally.dropped += this.#backlog - longest
      this.#backlog = longest
      this.#lastInTime = 0
    }
    this.#capacity = capacity
  }
}
