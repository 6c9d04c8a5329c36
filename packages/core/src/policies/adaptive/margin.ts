/** Errors of past forecasts, as shares of their scale, in classes that widen by 15 % each. All sums are in units of `weight`. */
export type Errors = {
  /** Load seen with an error of that class; the newest counts most. */
  loads: number[]
  /** The sum of what the errors are shares of: what a margin of 100 % would have cost. */
  scale: number
  /** The sum of the forecasts: what no margin would have cost. */
  forecasts: number
  /** The sum of the loads, with one instance where the load is less: what nobody could have gone below. */
  least: number
  /** What the next error counts. It grows, which lets all before it fade without touching them. */
  weight: number
}

const narrowest = 0.02
const widening = 1.15

/** Upper bounds of the classes. The first holds every forecast that was not exceeded, the last whatever is beyond it. */
export const errorBounds: readonly number[] = Array.from({ length: 42 }, (_, place) =>
  place === 0 ? 0 : narrowest * widening ** (place - 1),
)

/** Forecasts remembered: four hours at 15 s. */
const memory = 1000
const fading = 1 - 1 / memory
const heaviest = 1000

const short = (value: number): number => Math.round(value * 1e6) / 1e6

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
  return { loads, scale: sum, forecasts: sum, least: believedCount * Math.max(load, 1), weight: 1 }
}

/**
 * The errors with one more in them.
 *
 * @param expected - the load that was forecast
 * @param scale - what the error is a share of
 */
export function withError(errors: Errors, expected: number, scale: number, load: number): Errors {
  const weight = errors.weight / fading
  const loads = [...errors.loads]
  const place = classOf((load - expected) / scale)
  loads[place] = short((loads[place] ?? 0) + weight * load)
  const seen = {
    loads,
    scale: short(errors.scale + weight * scale),
    forecasts: short(errors.forecasts + weight * expected),
    least: short(errors.least + weight * Math.max(load, 1)),
    weight,
  }
  return weight < heaviest ? seen : lightened(seen)
}

/** The same errors in units that begin at 1 again. */
function lightened({ loads, scale, forecasts, least, weight }: Errors): Errors {
  const lighter = (sum: number): number => short(sum / weight)
  return {
    loads: loads.map(lighter),
    scale: lighter(scale),
    forecasts: lighter(forecasts),
    least: lighter(least),
    weight: 1,
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
  /** The same, per what nobody could have gone below. */
  readonly costRatio: number
}

/**
 * Moves this share of each class three classes up, where an error is half as large again, and of what came there as much
 * again: errors may come worse than any that was seen. Where a queue is seen it is less: the queue shows what the margin
 * missed.
 */
export const worseShares = { seen: 0.1, unseen: 0.3, without: 0 } as const
const worseBy = 3

/** By class, the load whose error was beyond it, were errors to come worse; then the load in all. */
export function loadBeyond(errors: Errors, worse: keyof typeof worseShares): Float64Array {
  const loads = Float64Array.from(errors.loads)
  for (let place = 1; place + worseBy < loads.length; place += 1) {
    const moved = worseShares[worse] * (loads[place] ?? 0)
    loads[place] = (loads[place] ?? 0) - moved
    loads[place + worseBy] = (loads[place + worseBy] ?? 0) + moved
  }
  const beyond = new Float64Array(loads.length + 1)
  let left = 0
  for (let place = loads.length - 1; place >= 0; place -= 1) {
    beyond[place] = left
    left += loads[place] ?? 0
  }
  beyond[loads.length] = left
  return beyond
}

/**
 * The class up to which a margin would have been cheapest: each step up costs instances all the time, and saves what a
 * shortage costs when it comes. The newsvendor's problem, solved on what happened.
 *
 * @param shortageCost - of a unit of load that met too few instances, in units of load carried; > 0
 */
export function cheapestClass({ scale }: Errors, beyond: Float64Array, shortageCost: number): number {
  let best = Infinity
  let cheapest = 0
  for (let place = 0; place < errorBounds.length; place += 1) {
    const cost = (errorBounds[place] ?? 0) * scale + shortageCost * (beyond[place] ?? 0)
    if (cost >= best) continue
    best = cost
    cheapest = place
  }
  return cheapest
}

/** The margin that covers the errors up to that class. */
export function marginOf({ scale, forecasts, least }: Errors, beyond: Float64Array, upTo: number): Margin {
  const total = beyond[errorBounds.length] ?? 0
  const share = errorBounds[upTo] ?? 0
  if (!(total > 0)) return { share, lateShare: 0, spending: 1, costRatio: 1 }
  const carried = forecasts + share * scale
  return {
    share,
    lateShare: (beyond[upTo] ?? 0) / total,
    spending: carried / total,
    costRatio: carried / Math.max(least, total),
  }
}

/** The class of an error: the first whose bound is not below it. */
function classOf(error: number): number {
  if (!(error > 0)) return 0
  const place = Math.ceil(Math.log(error / narrowest) / Math.log(widening)) + 1
  return Math.min(errorBounds.length - 1, Math.max(1, place))
}
