/** How the group fared, in sums over load that fade: what the margin is steered by. */
export type Experience = {
  load: number
  /** The part of it that met too few instances. */
  late: number
  /** What was asked to be carried, margin included. */
  asked: number
}

/** Intervals remembered: most of a day at 15 s. A goal is kept over days, not over the hour that went wrong. */
const memory = 4000

/** What is believed at first, as if so many intervals had been seen. */
const believedCount = 50
const believedLate = 0.001
const believedAsked = 1.5

export function believedExperience(load: number): Experience {
  const sum = believedCount * Math.max(load, 0.5)
  return { load: sum, late: believedLate * sum, asked: believedAsked * sum }
}

/**
 * The same with one more interval.
 *
 * @param lateShare - of the load that met too few instances, 0..1
 * @param asked - load asked to be carried
 */
export function withInterval(known: Experience, load: number, lateShare: number, asked: number): Experience {
  const fading = 1 - 1 / memory
  return {
    load: known.load * fading + load,
    late: known.late * fading + lateShare * load,
    asked: known.asked * fading + asked,
  }
}

/** What a shortage is taken to cost when all goes well, and when the goal is within reach but missed. */
export const leastCost = 10
const mostCost = 300

/** Shares of the load that may be late: up to the first all is well, from the second on no margin is too dear … */
const wellBelow = 0.003
const dearAbove = 0.006
/** … until it is clear that margins do not help: surges too steep for the time that a start takes. */
const hopelessFrom = 0.02
const hopelessAbove = 0.04

/** Spending per load that is still fair, and that is out of all proportion. */
const fairSpending = 3
const wildSpending = 4

/**
 * What a unit of load that meets too few instances costs, in units of load carried: low while hardly any is late, high
 * when about one in a hundred is, and low again where more instances would not help or are out of proportion.
 */
export function shortageCostAfter({ load, late, asked }: Experience): number {
  if (!(load > 0)) return leastCost
  const share = late / load
  const steered =
    share < hopelessFrom
      ? between(share, wellBelow, dearAbove, leastCost, mostCost)
      : between(share, hopelessFrom, hopelessAbove, mostCost, leastCost)
  return Math.min(steered, between(asked / load, fairSpending, wildSpending, mostCost, leastCost))
}

/** From one value to another, by equal factors. */
function between(at: number, from: number, to: number, first: number, second: number): number {
  const way = Math.min(1, Math.max(0, (at - from) / (to - from)))
  return first * (second / first) ** way
}
