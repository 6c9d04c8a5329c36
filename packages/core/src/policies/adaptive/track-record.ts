import { type Course, type Forecaster, advance, forecast, newCourse } from './forecast.js'
import { type Errors, type Margin, believedErrors, cheapestMargin, withError } from './margin.js'

/** What a forecaster has seen, how far it was off, and what following it would have cost. */
export type TrackRecord = {
  course: Course
  errors: Errors
  /** Per interval, in instances working flat out: excess, and what shortage costs; the newest counts most. */
  cost: number
}

/** A forecast of one forecaster, with the load that it would have had carried. */
export interface Outlook {
  readonly forecast: number
  readonly margin: Margin
  /** What the margin is a share of. */
  readonly scale: number
}

/** Weight of a new interval in a forecaster's cost: four hours at 15 s. */
const weight = 1 / 1000

export const newRecord = (load: number): TrackRecord => ({
  course: newCourse(load),
  errors: believedErrors(load),
  cost: load,
})

/** What an error is a share of: the forecast, and more than that where the load is less than one instance. */
export function scaleOf(forecastLoad: number): number {
  return Math.sqrt(forecastLoad * Math.max(forecastLoad, 1))
}

/** What a forecaster expects so many intervals ahead, with the margin that its errors deserve. */
export function outlookOf(errors: Errors, course: Course, intervals: number, shortageCost: number): Outlook {
  const expected = forecast(course, intervals)
  return { forecast: expected, margin: cheapestMargin(errors, shortageCost), scale: scaleOf(expected) }
}

/** The load to be ready for. */
export const targetOf = ({ forecast: expected, margin, scale }: Outlook): number =>
  expected + margin.share * scale

/** The record with the load in it that a forecast made earlier was for. */
export function checkedAgainst(
  record: TrackRecord,
  load: number,
  [expected, target, scale]: readonly [number, number, number],
  shortageCost: number,
): TrackRecord {
  const cost = target < load ? shortageCost * load : target - load
  return {
    course: record.course,
    errors: withError(record.errors, (load - expected) / scale, load, scale),
    cost: record.cost + (cost - record.cost) * weight,
  }
}

export const advanced = (kind: Forecaster, record: TrackRecord, load: number, now: number): Course =>
  advance(kind, record.course, load, now)

/** The place of the forecaster that would have cost least; the first of equals. */
export function cheapestOf(records: readonly TrackRecord[]): number {
  let best = 0
  for (const [place, { cost }] of records.entries()) {
    if (cost < (records[best]?.cost ?? Infinity)) best = place
  }
  return best
}
