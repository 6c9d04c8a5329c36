import type { Json } from '../../json.js'
import { type Capacity, unknownCapacity } from './capacity.js'
import { type Experience, believedExperience } from './experience.js'
import { forecasters } from './forecast.js'
import type { Needs } from './hold.js'
import { type StartTime, guessedStart } from './lead-time.js'
import { errorBounds } from './margin.js'
import type { TrackRecord } from './track-record.js'

/** Of another version, what is stored is not understood, and learnt anew. */
const version = 4

/** A forecast that waits for its time: when it is due, then what each forecaster said. */
export type Pending = number[][]

/** All that is learnt. Plain JSON, some 5 kB. */
export type Learning = {
  version: number
  /** The last evaluation, epoch milliseconds. */
  at: number | undefined
  intervalMs: number
  capacity: Capacity
  start: StartTime
  /** By forecaster, in their order; empty before the first load. */
  records: TrackRecord[]
  pending: Pending
  /** Forecasts that came due. */
  checkedCount: number
  experience: Experience
  /** Of the last interval, if all waited alike. */
  lateShare: number
  overload: number
  servingCount: number
  needs: Needs
  /** When the load and the queue were last read, epoch milliseconds; 0 for never. */
  lastRead: [load: number, queue: number]
}

export const nothingLearnt = (): Learning => ({
  version,
  at: undefined,
  intervalMs: 15_000,
  capacity: unknownCapacity(),
  start: guessedStart(),
  records: [],
  pending: [],
  checkedCount: 0,
  experience: believedExperience(0),
  lateShare: 0,
  overload: 0,
  servingCount: 0,
  needs: [],
  lastRead: [0, 0],
})

/** What was stored, when it is whole and of this version; else a new start. */
export function learningFrom(stored: Json | undefined): Learning {
  return isLearning(stored) ? stored : nothingLearnt()
}

/** The same, short: loads to a millionth of an instance. */
export function compact(learning: Learning): Learning {
  return {
    ...learning,
    records: learning.records.map(({ course, errors }) => ({
      course: {
        level: short(course.level),
        slope: short(course.slope),
        peaks: course.peaks.map(([slot, height]): [number, number] => [slot, short(height)]),
      },
      errors: {
        loads: errors.loads.map(short),
        scale: short(errors.scale),
        forecasts: short(errors.forecasts),
      },
    })),
    pending: learning.pending.map((values) => values.map(short)),
    experience: {
      load: short(learning.experience.load),
      late: short(learning.experience.late),
      expectedLate: short(learning.experience.expectedLate),
      intervals: short(learning.experience.intervals),
    },
    lateShare: short(learning.lateShare),
    overload: short(learning.overload),
  }
}

const short = (value: number): number => Math.round(value * 1e6) / 1e6

function isLearning(stored: unknown): stored is Learning {
  if (!isObject(stored) || stored['version'] !== version) return false
  const {
    at,
    intervalMs,
    capacity,
    start,
    records,
    pending,
    checkedCount,
    experience,
    lateShare,
    overload,
    servingCount,
    needs,
    lastRead,
  } = stored
  return (
    (at === undefined || isFinite(at)) &&
    areCounts(intervalMs, checkedCount, lateShare, overload, servingCount) &&
    isObject(capacity) &&
    areCounts(capacity['perInstance'], capacity['sampleCount']) &&
    isObject(start) &&
    areCounts(start['ms'], start['count']) &&
    isObject(experience) &&
    areCounts(experience['load'], experience['late'], experience['expectedLate'], experience['intervals']) &&
    Array.isArray(records) &&
    (records.length === 0 || records.length === forecasters.length) &&
    records.every(isRecord) &&
    isListOf(pending, 1 + forecasters.length) &&
    isListOf(needs, 2) &&
    isListOf([lastRead], 2)
  )
}

function isRecord(stored: unknown): boolean {
  if (!isObject(stored)) return false
  const { course, errors } = stored
  return (
    isObject(course) &&
    isFinite(course['level']) &&
    isFinite(course['slope']) &&
    isListOf(course['peaks'], 2) &&
    isObject(errors) &&
    areCounts(errors['scale'], errors['forecasts']) &&
    isListOf([errors['loads']], errorBounds.length)
  )
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isFinite = (value: unknown): value is number => Number.isFinite(value)

const areCounts = (...values: readonly unknown[]): boolean =>
  values.every((value) => isFinite(value) && value >= 0)

/** Rows of finite numbers, all of one length, and not so many that it cannot be ours. */
const isListOf = (value: unknown, length: number): boolean =>
  Array.isArray(value) &&
  value.length <= 1000 &&
  value.every((row) => Array.isArray(row) && row.length === length && row.every(isFinite))
