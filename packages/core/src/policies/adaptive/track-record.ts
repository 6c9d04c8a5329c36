import { type Course, type Forecaster, advance, newCourse } from './forecast.js'
import { type Errors, believedErrors, withError } from './margin.js'

/** What an error may be a share of. */
export const scales = ['load', 'root', 'constant'] as const
export type Scale = (typeof scales)[number]

/** What a forecaster has seen, and how far it was off. */
export type TrackRecord = {
  course: Course
  /** By scale, in their order. */
  errors: Errors[]
}

export const newRecord = (load: number): TrackRecord => ({
  course: newCourse(load),
  errors: scales.map(() => believedErrors(load)),
})

/**
 * What an error is a share of, in instances.
 *
 * - `load`: the forecast, and more than that where the load is less than one instance. Bursts that grow with the load: a
 *   flash crowd.
 * - `constant`: the mean load. Bursts that are as large on a quiet night as at noon: few heavy clients.
 * - `root`: between the two. The sum of many clients.
 */
export function scaleOf(scale: Scale, forecastLoad: number, meanLoad: number): number {
  const mean = Math.max(meanLoad, 1)
  switch (scale) {
    case 'load':
      return Math.sqrt(forecastLoad * Math.max(forecastLoad, 1))
    case 'root':
      return Math.sqrt(forecastLoad * mean)
    case 'constant':
      return mean
  }
}

/** The record with the load in it that a forecast made earlier was for. */
export const checkedAgainst = (
  { course, errors }: TrackRecord,
  load: number,
  expected: number,
  meanLoad: number,
): TrackRecord => ({
  course,
  errors: errors.map((seen, place) =>
    withError(seen, expected, scaleOf(scales[place] ?? 'load', expected, meanLoad), load),
  ),
})

export const advanced = (kind: Forecaster, record: TrackRecord, load: number, now: number): Course =>
  advance(kind, record.course, load, now)
