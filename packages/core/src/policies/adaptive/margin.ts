/** Errors of past forecasts, as shares of the forecast, in classes that widen by 15 % each. */
export type Errors = {
  /** Load seen with an error of that class; the newest counts most. */
  loads: number[]
  /** The sum of what the errors are shares of: what a margin of 100 % would have cost. */
  scale: number
}

const narrowest = 0.02
const widening = 1.15

/** Upper bounds of the classes. The first holds every forecast that was not exceeded, the last whatever is beyond it. */
export const errorBounds: readonly number[] = Array.from({ length: 42 }, (_, place) =>
  place === 0 ? 0 : narrowest * widening ** (place - 1),
)

/** Forecasts remembered: four hours at 15 s. */
export const memory = 1000

/** What is believed before anything was seen, as if so many forecasts had come due … */
const believedCount = 5
/** … of which half were exceeded, by this much on average. */
const believedError = 0.15

/** The errors believed before any was seen. */
export function believedErrors(load: number): Errors {
  const sum = believedCount * Math.max(load, 0.5)
  let above = 1
  const loads = errorBounds.map((bound, place) => {
    const beyond = place === errorBounds.length - 1 ? 0 : 0.5 * Math.exp(-bound / believedError)
    const share = above - beyond
    above = beyond
    return share * sum
  })
  return { loads, scale: sum }
}

/**
 * The errors with one more in them.
 *
 * @param error - by how much the load exceeded its forecast, as a share of `scale`; below 0 when it did not
 */
export function withError(errors: Errors, error: number, load: number, scale: number): Errors {
  const fading = 1 - 1 / memory
  const loads = errors.loads.map((sum) => sum * fading)
  const place = classOf(error)
  loads[place] = (loads[place] ?? 0) + load
  return { loads, scale: errors.scale * fading + scale }
}

/** A margin, and the share of the load that it would have been enough for. */
export interface Margin {
  readonly share: number
  readonly enoughFor: number
}

/**
 * The margin that would have been cheapest over the errors seen: each step up costs instances all the time, and saves
 * what a shortage costs when it comes. The newsvendor's problem, solved on what happened.
 *
 * @param shortageCost - of a unit of load that met too few instances, in units of load carried; > 0
 */
export function cheapestMargin(errors: Errors, shortageCost: number): Margin {
  let total = 0
  for (const load of errors.loads) total += load
  let beyond = total
  let best = Infinity
  let margin: Margin = { share: 0, enoughFor: 1 }
  for (const [place, bound] of errorBounds.entries()) {
    beyond = Math.max(0, beyond - (errors.loads[place] ?? 0))
    const cost = bound * errors.scale + shortageCost * beyond
    if (cost >= best) continue
    best = cost
    margin = { share: bound, enoughFor: total > 0 ? 1 - beyond / total : 1 }
  }
  return margin
}

/** The class of an error: the first whose bound is not below it. */
function classOf(error: number): number {
  if (!(error > 0)) return 0
  const place = Math.ceil(Math.log(error / narrowest) / Math.log(widening)) + 1
  return Math.min(errorBounds.length - 1, Math.max(1, place))
}
