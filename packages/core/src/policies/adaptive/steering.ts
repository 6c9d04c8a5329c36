import type { Experience } from './experience.js'
import type { Plan } from './plan.js'

/** The share of the load that may be late, with room below one in a hundred for what no forecast knows, and for chance. */
const goal = 0.006

/** The goal is to be kept over what is remembered and so many intervals to come: eight hours at 15 s. */
const ahead = 2000

/** The prices of a shortage to choose from: where the goal is kept anyway, then from the low one to the most by equal factors. */
const leastCost = 1.5
export const lowCost = 7
const mostCost = 160
const stepCount = 5
export const shortageCosts: readonly number[] = [
  leastCost,
  ...Array.from({ length: stepCount + 1 }, (_, step) => lowCost * (mostCost / lowCost) ** (step / stepCount)),
]

/** Where a price lies from the low one to the most, by equal factors: 0..1. */
export const dearnessOf = (shortageCost: number): number =>
  Math.max(0, Math.log(shortageCost / lowCost) / Math.log(mostCost / lowCost))

/** What a plan may cost, per what nobody could have gone below. */
const affordableRatio = 2.75
/** The price is never lowered below this for being unaffordable: the load is not abandoned. */
export const fairCost = 20

/** Where the dearest affordable plan leaves this much late, its goal begins to be given up; at so much more, it is. */
const hopelessFrom = 0.012
const hopelessOver = 0.02

/**
 * The price of a shortage: what a unit of load that meets too few instances is to cost, in units of load carried. It is as
 * low as will keep the goal, and no higher than the dearest whose plan is affordable. Where even that leaves the goal out of
 * reach, it comes down to a fair price: what does not keep the goal should not cost as if it did.
 *
 * Each bound is crossed between two plans, so that the price follows what was seen without jumps.
 *
 * @param plans - for each of `shortageCosts`, the cheapest one
 * @param isLimited - false to keep the goal at any price
 */
export function shortageCostAfter(experience: Experience, plans: readonly Plan[], isLimited = true): number {
  const { load, late, expectedLate, intervals } = experience
  if (!(load > 0)) return lowCost
  // Plans are made after the fact, and flatter themselves by so much.
  const flattery = Math.max(0, (late - expectedLate) / load)
  const shareWith = ({ margin }: Plan): number =>
    ((late / load) * intervals + ahead * (margin.lateShare + flattery)) / (intervals + ahead)

  const needed = costWhere(plans, (plan) => -shareWith(plan), -goal)
  if (!isLimited) return needed
  const affordable = Math.max(
    fairCost,
    costWhere(plans, ({ margin }) => margin.costRatio, affordableRatio),
  )
  if (needed <= affordable) return needed
  const over = (valueAt(plans, shareWith, affordable) - hopelessFrom) / hopelessOver
  return mixed(affordable, fairCost, Math.min(1, Math.max(0, over)))
}

/** The price at which a value that grows with it reaches a bound; the highest where it does not. */
function costWhere(plans: readonly Plan[], valueOf: (plan: Plan) => number, bound: number): number {
  let before: Plan | undefined
  for (const plan of plans) {
    const value = valueOf(plan)
    if (value >= bound) {
      if (before === undefined) return plan.shortageCost
      const from = valueOf(before)
      return mixed(before.shortageCost, plan.shortageCost, (bound - from) / (value - from))
    }
    before = plan
  }
  return before?.shortageCost ?? leastCost
}

/** A value at a price that lies between two plans. */
function valueAt(plans: readonly Plan[], valueOf: (plan: Plan) => number, cost: number): number {
  let before: Plan | undefined
  for (const plan of plans) {
    if (plan.shortageCost >= cost) {
      if (before === undefined) return valueOf(plan)
      const way = Math.log(cost / before.shortageCost) / Math.log(plan.shortageCost / before.shortageCost)
      return valueOf(before) + (valueOf(plan) - valueOf(before)) * way
    }
    before = plan
  }
  return before === undefined ? 0 : valueOf(before)
}

/** Part of the way from one value to another, by equal factors. */
const mixed = (from: number, to: number, way: number): number => from * (to / from) ** way
