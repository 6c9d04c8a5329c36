/** Errors of past forecasts, as shares of the forecast, in classes that widen by 15 % each. */
export type Errors = {
  /** Load seen with an error of that class; the newest counts most. */
  loads: number[]
  /** The sum of what the errors are shares of: what a margin of 100 % would have cost. */
  scale: number
  /** The sum of the forecasts: what no margin would have cost. */
  forecasts: number
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
  return { loads, scale: sum, forecasts: sum }
}

/**
 * The errors with one more in them.
 *
 * @param expected - the load that was forecast
 * @param scale - what the error is a share of
 */
export function withError(errors: Errors, expected: number, scale: number, load: number): Errors {
  const fading = 1 - 1 / memory
  const loads = errors.loads.map((sum) => sum * fading)
  const place = classOf((load - expected) / scale)
  loads[place] = (loads[place] ?? 0) + load
  return {
    loads,
    scale: errors.scale * fading + scale,
    forecasts: errors.forecasts * fading + expected,
  }
}

/** A margin, and what it would have done over the errors seen. */
export interface Margin {
  /** Of the forecast. */
  readonly share: number
  /** The share of the load that met too few instances with it, 0..1. */
  readonly lateShare: number
  /** What it had carried, per load: 1.5 is half as much again. */
  readonly spending: number
}

/**
 * Of each class, so much counts as if it had been so many classes higher, by half, and of that as much again: less where a
 * queue is seen, since what it then says of late requests, and the extra margin while it grows, mend what the margin missed.
 */
const worseShare = { seen: 0.1, unseen: 0.3 } as const
const worseBy = 3

/**
 * The errors as they may come: what was seen may come worse. Without it, a margin that just covers the worst error seen
 * would count as enough for ever.
 */
export function worsened(errors: Errors, queue: keyof typeof worseShare): Errors {
  const loads = [...errors.loads]
  for (let place = 1; place + worseBy < loads.length; place += 1) {
    const moved = worseShare[queue] * (loads[place] ?? 0)
    loads[place] = (loads[place] ?? 0) - moved
    loads[place + worseBy] = (loads[place + worseBy] ?? 0) + moved
  }
  return { ...errors, loads }
}

/**
 * The margin that would have been cheapest over the errors seen: each step up costs instances all the time, and saves
 * what a shortage costs when it comes. The newsvendor's problem, solved on what happened.
 *
 * @param shortageCost - of a unit of load that met too few instances, in units of load carried; > 0
 */
export function cheapestMargin({ loads, scale, forecasts }: Errors, shortageCost: number): Margin {
  let total = 0
  for (const load of loads) total += load
  if (!(total > 0)) return { share: 0, lateShare: 0, spending: 1 }
  let beyond = total
  let best = Infinity
  let bestPlace = 0
  let bestBeyond = 0
  for (let place = 0; place < errorBounds.length; place += 1) {
    beyond = Math.max(0, beyond - (loads[place] ?? 0))
    const cost = (errorBounds[place] ?? 0) * scale + shortageCost * beyond
    if (cost >= best) continue
    best = cost
    bestPlace = place
    bestBeyond = beyond
  }
  const share = errorBounds[bestPlace] ?? 0
  return { share, lateShare: bestBeyond / total, spending: (forecasts + share * scale) / total }
}

/** The class of an error: the first whose bound is not below it. */
function classOf(error: number): number {
  if (!(error > 0)) return 0
  const place = Math.ceil(Math.log(error / narrowest) / Math.log(widening)) + 1
  return Math.min(errorBounds.length - 1, Math.max(1, place))
}
