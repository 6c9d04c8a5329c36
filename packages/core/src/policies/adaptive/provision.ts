import { type Calendar, bestSeason, expectedRise, seasons, sourceAt } from './calendar.js'
import { type Forecaster, forecasters } from './forecast.js'
import type { Plan } from './plan.js'
import { likeText } from './reason.js'
import { scaleOf } from './track-record.js'

/** The load to provide for, in instances working flat out, and how it came about. */
export interface Provision {
  /** What the forecast in force expects: the plan's forecaster, or a season that expects a rise above it. */
  readonly forecast: number
  /** Whose forecast it is, in words. */
  readonly by: string
  /** What is added for errors of that forecast. */
  readonly margin: number
  /** With its margin, the extra margin for overload, and the backlog. */
  readonly target: number
  /** By the plan's forecaster alone, with its margin; then with each season. What they are judged by when they are due. */
  readonly claims: readonly number[]
}

export interface ProvisionInput {
  readonly plan: Plan
  /** Of the plan, unless the margin is left out. */
  readonly marginShare: number
  /** By forecaster, in their order. */
  readonly forecasts: readonly number[]
  readonly calendar: Calendar
  readonly meanLoad: number
  readonly overload: number
  readonly backlog: number
  readonly now: number
  /** When the forecasts are for. */
  readonly at: number
}

/** Adds up what the group should be able to carry. */
export function provisionFor(input: ProvisionInput): Provision {
  const { plan, marginShare, forecasts, calendar, meanLoad, overload, backlog, now, at } = input
  const withMargin = (load: number): number => load + marginShare * scaleOf(plan.scale, load, meanLoad)
  const expected = forecasts[plan.forecaster] ?? 0
  const plain = withMargin(expected)
  const rises = seasons.map((_, place) => expectedRise(calendar, place, now, at))
  const bySeason = rises.map((load) => (load === undefined ? 0 : withMargin(load)))
  const season = bestSeason(calendar)
  const seasonal = bySeason[season] ?? 0
  const forecaster: Forecaster = forecasters[plan.forecaster] ?? 'level'
  const isSeasonal = seasonal > plain
  const forecast = isSeasonal ? (rises[season] ?? expected) : expected
  return {
    forecast,
    margin: withMargin(forecast) - forecast,
    by: isSeasonal ? likeText(sourceAt(calendar, season, at), at) : forecaster,
    target: Math.max(plain, seasonal) + overload * scaleOf('load', expected, meanLoad) + backlog,
    claims: [plain, ...bySeason],
  }
}
