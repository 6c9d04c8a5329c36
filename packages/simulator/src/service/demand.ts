import { type FullService, type Service, fullService } from './service.js'
import { fullestUtilisation, serversOf, shareWaitingOver } from './waiting.js'

/** The most that each size carries with no more than `slowShare` of its requests slow. */
export class DemandCurve {
  readonly #service: FullService
  /** By count, from 0. */
  readonly #carried: number[] = [0]

  constructor(service: FullService) {
    this.#service = service
  }

  /** Requests per second that `instances` carry. */
  carriedBy(instances: number): number {
    while (this.#carried.length <= instances) {
      this.#carried.push(carried(this.#service, this.#carried.length))
    }
    return this.#carried[instances] ?? 0
  }

  /** Fewest instances that carry this rate: 0 for no load. */
  of(rate: number): number {
    // No size carries more than its flat-out rate, so the search begins there.
    let count = Math.floor(rate / this.#service.ratePerInstance)
    while (this.carriedBy(count) < rate) count += 1
    return count
  }

  /** The demand of each second. */
  ofEach(rates: Float64Array): Int32Array {
    const demand = new Int32Array(rates.length)
    let lastRate = 0
    let last = 0
    for (let second = 0; second < rates.length; second += 1) {
      const rate = rates[second] ?? 0
      if (rate !== lastRate) {
        lastRate = rate
        last = this.of(rate)
      }
      demand[second] = last
    }
    return demand
  }
}

/** What each size of a service carries, and the size that each load demands. */
export function demandCurve(service?: Service): DemandCurve {
  return new DemandCurve(fullService(service))
}

/** By bisection: the share of slow requests only rises with the load. */
function carried(service: FullService, instances: number): number {
  const servers = serversOf(service, instances)
  let low = 0
  let high = fullestUtilisation(servers)
  for (let round = 0; round < 50; round += 1) {
    const middle = (low + high) / 2
    if (shareWaitingOver(service, middle, servers, service.slowWaitSeconds) <= service.slowShare) low = middle
    else high = middle
  }
  return low * instances * service.ratePerInstance
}
