/** How good a size was, over a whole replay. */
export interface Scores {
  /** Requests. */
  readonly arrivedCount: number
  readonly slowCount: number
  readonly droppedCount: number
  /** 100 x slow / arrived; dropped ones are slow. */
  readonly slowPercent: number
  /** Whether no more than the service's `slowShare` of the requests was slow. */
  readonly withinSlo: boolean
  /** Instance-seconds from request to end of drain. */
  readonly paidSeconds: number
  /** `paidSeconds` of the oracle on the same replay. */
  readonly oraclePaidSeconds: number
  /** 1 where neither paid anything, infinite where only the oracle paid nothing: no load, and a `min` of 0. */
  readonly costVsOracle: number
  /** Decisions in which a policy, or a part of one, threw or proposed what is no count. The other scores are not its merit then. */
  readonly failedDecisionCount: number
  /** Times that the desired count changed. */
  readonly adaptationCount: number
  /** The elasticity metrics of the SPEC Research Group, against the demand of each second. */
  readonly elasticity: Elasticity
}

/**
 * @see N. Herbst et al., Ready for Rain? A View from SPEC Research on the Future of Cloud Metrics (2016)
 */
export interface Elasticity {
  /** Accuracy: mean shortfall and mean excess, in percent of the demand. */
  readonly thetaU: number
  readonly thetaO: number
  /** Timeshare: percent of the time in which instances were short, or in excess. */
  readonly tauU: number
  readonly tauO: number
}

/**
 * One number for cost and quality: cost / oracle, and so much more for each percent of slow requests.
 *
 * @param price - what one percent of slow requests is worth, in oracle costs: 0.1 is lenient, 0.4 strict
 */
export function judge(
  { costVsOracle, slowPercent }: Pick<Scores, 'costVsOracle' | 'slowPercent'>,
  price: number,
): number {
  return costVsOracle + price * slowPercent
}

/** Sums up supply against demand, second by second. */
export class ElasticityMeter {
  readonly #demand: Int32Array
  #short = 0
  #excess = 0
  #shortSeconds = 0
  #excessSeconds = 0
  #seconds = 0

  constructor(demand: Int32Array) {
    this.#demand = demand
  }

  /** The seconds from `from` up to and without `to`, with so many in service. */
  add(from: number, to: number, supply: number): void {
    for (let second = from; second < to; second += 1) {
      const demand = this.#demand[second] ?? 0
      if (supply < demand) {
        this.#short += (demand - supply) / demand
        this.#shortSeconds += 1
      } else if (supply > demand) {
        // Without load nothing is needed; an instance that idles then is one in excess of one.
        this.#excess += (supply - demand) / Math.max(1, demand)
        this.#excessSeconds += 1
      }
    }
    this.#seconds += to - from
  }

  result(): Elasticity {
    const percent = (sum: number): number => (this.#seconds === 0 ? 0 : (100 * sum) / this.#seconds)
    return {
      thetaU: percent(this.#short),
      thetaO: percent(this.#excess),
      tauU: percent(this.#shortSeconds),
      tauO: percent(this.#excessSeconds),
    }
  }
}
