import { type Errors, type Margin, cheapestMargin } from './margin.js'

/** A way to provide: which forecaster to follow, with which margin. */
export interface Plan {
  /** The forecaster's place in their order. */
  readonly place: number
  readonly margin: Margin
  /** What a unit of load that met too few instances was taken to cost, in units of load carried. */
  readonly shortageCost: number
}

/**
 * The plan that would have been cheapest over the errors seen; the first of equals.
 *
 * @param errors - by forecaster, in their order; at least one
 */
export function cheapestPlan(errors: readonly Errors[], shortageCost: number): Plan {
  let best = Infinity
  let plan: Plan = { place: 0, margin: { share: 0, lateShare: 0, spending: 1 }, shortageCost }
  for (const [place, seen] of errors.entries()) {
    const margin = cheapestMargin(seen, shortageCost)
    const cost = margin.spending + shortageCost * margin.lateShare
    if (cost >= best) continue
    best = cost
    plan = { place, margin, shortageCost }
  }
  return plan
}
