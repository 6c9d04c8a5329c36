import type { Random } from '../random.js'
import { Fleet } from '../layer/fleet.js'
import { type FullLayer, longestStartSeconds } from '../layer/layer.js'
import { Pool, type Tally } from '../service/pool.js'
import type { FullService } from '../service/service.js'
import { dipsFilled, ledBy } from './sliding.js'

export interface OracleOptions {
  readonly rates: Float64Array
  readonly demand: Int32Array
  readonly layer: FullLayer
  readonly service: FullService
  readonly min: number
  readonly max: number
  readonly random: Random
}

/** What knowing the future would have cost. */
export interface Oracle {
  /** The count it asks for, by second. */
  readonly plan: Int32Array
  /** Instance-seconds from request to end of drain. */
  readonly paidSeconds: number
  readonly tally: Tally
}

/**
 * The count asked for by one that knows the demand: early enough for the slowest start, and keeping instances over dips
 * that would not pay for a drain and a new start.
 */
export function oraclePlan(demand: Int32Array, layer: FullLayer, min: number, max: number): Int32Array {
  const lead = longestStartSeconds(layer)
  const kept = dipsFilled(demand, lead + layer.drainSeconds)
  return ledBy(kept, lead).map((count) => Math.min(max, Math.max(min, count)))
}

/** Replays that plan on the same service and layer as the policies. */
export function runOracle({ rates, demand, layer, service, min, max, random }: OracleOptions): Oracle {
  const plan = oraclePlan(demand, layer, min, max)
  const fleet = new Fleet({ layer, group: 'oracle', startAt: 0, random })
  const pool = new Pool(service, rates.length)
  fleet.startWith(plan[0] ?? min)
  let second = 0
  while (second < rates.length) {
    fleet.advance(second)
    const count = plan[second] ?? min
    fleet.setDesired(second, count)
    let until = second + 1
    const last = Math.min(rates.length, fleet.nextChangeAt)
    while (until < last && plan[until] === count) until += 1
    pool.run(rates, second, until, fleet.effective)
    second = until
  }
  return { plan, paidSeconds: fleet.paidSeconds(rates.length), tally: pool.take() }
}
