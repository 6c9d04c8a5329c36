import { type Course, type Forecaster, advance, newCourse } from './forecast.js'
import { type Errors, believedErrors, withError } from './margin.js'

/** What a forecaster has seen, and how far it was off. */
export type TrackRecord = {
  course: Course
  errors: Errors
}

export const newRecord = (load: number): TrackRecord => ({
  course: newCourse(load),
  errors: believedErrors(load),
})

/** What an error is a share of: the forecast, and more than that where the load is less than one instance. */
export function scaleOf(forecastLoad: number): number {
  return Math.sqrt(forecastLoad * Math.max(forecastLoad, 1))
}

/** The record with the load in it that a forecast made earlier was for. */
export const checkedAgainst = (
  { course, errors }: TrackRecord,
  load: number,
  expected: number,
): TrackRecord => ({
  course,
  errors: withError(errors, expected, scaleOf(expected), load),
})

export const advanced = (kind: Forecaster, record: TrackRecord, load: number, now: number): Course =>
  advance(kind, record.course, load, now)
