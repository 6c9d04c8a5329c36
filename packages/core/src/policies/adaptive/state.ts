import type { Json } from '../../json.js'
import { type Capacity, unknownCapacity } from './capacity.js'
import { type Calendar, emptyCalendar, isCalendar, seasons } from './calendar.js'
import { type Experience, believedExperience } from './experience.js'
import { forecasters } from './forecast.js'
import type { Needs } from './hold.js'
import { type StartTime, guessedStart } from './lead-time.js'
import { errorBounds } from './margin.js'
import type { Pending } from './pending.js'
import { type TrackRecord, scales } from './track-record.js'

/** Of another version, what is stored is not understood, and learnt anew. */
const version = 5

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
  calendar: Calendar
  /** Of the last interval, if all waited alike. */
  lateShare: number
  overload: number
  /** At the last look. */
  overloaded: boolean
  /** Requests that waited at the last look; -1 when not known. */
  queue: number
  /** Whether the queue's reading tells anything: it was above 0, and was not 0 at a full CPU since. */
  queueMoves: boolean
  servingCount: number
  needs: Needs
  /** Mean load of hours, in instances. */
  meanLoad: number
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
  calendar: emptyCalendar(),
  lateShare: 0,
  overload: 0,
  overloaded: false,
  queue: -1,
  queueMoves: false,
  servingCount: 0,
  needs: [],
  meanLoad: 0,
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
      errors,
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
    meanLoad: short(learning.meanLoad),
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
    calendar,
    lateShare,
    overload,
    overloaded,
    queue,
    queueMoves,
    servingCount,
    needs,
    meanLoad,
    lastRead,
  } = stored
  return (
    (at === undefined || isFinite(at)) &&
    areCounts(intervalMs, checkedCount, lateShare, overload, servingCount, meanLoad) &&
    isFinite(queue) &&
    typeof overloaded === 'boolean' &&
    typeof queueMoves === 'boolean' &&
    isObject(capacity) &&
    areCounts(capacity['perInstance'], capacity['sampleCount']) &&
    isObject(start) &&
    areCounts(start['ms'], start['count']) &&
    isObject(experience) &&
    areCounts(experience['load'], experience['late'], experience['expectedLate'], experience['intervals']) &&
    Array.isArray(records) &&
    (records.length === 0 || records.length === forecasters.length) &&
    records.every(isRecord) &&
    isListOf(pending, 2 + forecasters.length + seasons.length) &&
    isCalendar(calendar) &&
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
    Array.isArray(errors) &&
    errors.length === scales.length &&
    errors.every(
      (seen) =>
        isObject(seen) &&
        areCounts(seen['scale'], seen['forecasts'], seen['least'], seen['weight']) &&
        isListOf([seen['loads']], errorBounds.length),
    )
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
