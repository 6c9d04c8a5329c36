import type { Experience } from './experience.js'
import type { Plan } from './plan.js'

/** The share of the load that may be late, with room below one in a hundred for what no forecast knows, and for chance. */
const goal = 0.006

/** The goal is to be kept over what is remembered and so many intervals to come: two hours at 15 s. */
const ahead = 500

/** What a shortage is taken to cost when the goal is kept anyway, when it is out of reach, and at the most. */
const leastCost = 1.5
export const fairCost = 7
const mostCost = 160

/** The costs to choose from: from the fair one on, each as many times the one before. */
const stepCount = 5
export const shortageCosts: readonly number[] = [
  leastCost,
  ...Array.from(
    { length: stepCount + 1 },
    (_, step) => fairCost * (mostCost / fairCost) ** (step / stepCount),
  ),
]

/** Where a cost lies from the fair one to the most, by equal factors: 0..1. */
export const dearnessOf = (shortageCost: number): number =>
  Math.max(0, Math.log(shortageCost / fairCost) / Math.log(mostCost / fairCost))

/** Spending per load up to which the goal is worth its price, and from which it is given up. */
const fairSpending = 3.8
const wildSpending = 4.7

/**
 * What a unit of load that meets too few instances is to cost, in units of load carried: as little as will keep the goal,
 * and a fair one where the goal would cost out of all proportion.
 *
 * It knows before it pays: the price of the goal is read from the errors of all forecasters, not from what was spent.
 *
 * @param plans - for each of `shortageCosts`, the cheapest one
 * @param isLimited - false to keep the goal at any price
 */
export function shortageCostAfter(experience: Experience, plans: readonly Plan[], isLimited = true): number {
  const { load, late, expectedLate, intervals } = experience
  if (!(load > 0)) return fairCost
  // Plans are made after the fact, and flatter themselves by so much.
  const flattery = Math.max(0, (late - expectedLate) / load)
  const shareWith = ({ margin }: Plan): number =>
    ((late / load) * intervals + ahead * (margin.lateShare + flattery)) / (intervals + ahead)

  let shortageCost = leastCost
  let spending = 1
  let before: Plan | undefined
  for (const plan of plans) {
    const way = before === undefined ? 1 : crossing(shareWith(before), shareWith(plan))
    shortageCost = mixed(before?.shortageCost ?? plan.shortageCost, plan.shortageCost, way)
    const from = before?.margin.spending ?? plan.margin.spending
    spending = from + (plan.margin.spending - from) * way
    if (shareWith(plan) <= goal) break
    before = plan
  }
  if (!isLimited) return shortageCost
  const given = (spending - fairSpending) / (wildSpending - fairSpending)
  return mixed(shortageCost, Math.min(shortageCost, fairCost), Math.min(1, Math.max(0, given)))
}

/** How far between two shares the goal lies, 0..1; 1 when it lies beyond the second. */
function crossing(first: number, second: number): number {
  return second >= goal ? 1 : Math.min(1, Math.max(0, (first - goal) / (first - second)))
}

/** Part of the way from one value to another, by equal factors. */
const mixed = (from: number, to: number, way: number): number => from * (to / from) ** way
