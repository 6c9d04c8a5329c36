import { type Calendar, proven, withLoad } from './calendar.js'
import { type Capacity, learnCapacity } from './capacity.js'
import { withInterval } from './experience.js'
import { type Course, forecasters } from './forecast.js'
import type { Needs } from './hold.js'
import type { StartTime } from './lead-time.js'
import { lateShareAfter, queueMoves } from './overload.js'
import { type Pending, dueIn, withPending } from './pending.js'
import type { Sight } from './sight.js'
import type { Learning } from './state.js'
import { checkedAgainst } from './track-record.js'

/** What a decision saw and said, to be learnt from. */
export interface Moment {
  readonly now: number
  readonly intervalMs: number
  /** As it was read, and as far as it is believed. */
  readonly seen: Sight
  readonly sight: Sight
  /** In instances working flat out. */
  readonly load: number
  readonly isLoadHidden: boolean
  readonly start: StartTime
  readonly courses: readonly Course[]
  /** What was forecast, and for how long from now. */
  readonly due: { readonly leadMs: number; readonly values: readonly number[] }
  readonly calendar: Calendar
  readonly lateShare: number
  readonly expectedLateShare: number
  readonly overloaded: boolean
  readonly overload: number
  readonly needs: Needs
}

/** Intervals remembered of the mean load: four hours at 15 s. */
const meanMemory = 1000

/** The learning after one more moment. */
export function learnFrom(before: Learning, moment: Moment): Learning {
  const { now, intervalMs, seen, sight, load, courses, lateShare, needs } = moment
  const due = dueIn(before.pending, now, intervalMs)
  const records = before.records.map((record, place) => {
    let checked = record
    for (const row of due) checked = checkedAgainst(checked, load, row[1 + place] ?? load, before.meanLoad)
    return { ...checked, course: courses[place] ?? checked.course }
  })
  return {
    version: before.version,
    at: now,
    intervalMs,
    start: moment.start,
    capacity: capacityAfter(before, moment),
    records,
    pending: withPending(before.pending, moment.due.values, now, moment.due.leadMs),
    calendar: provenBy(due, withLoad(moment.calendar, load, now), load),
    checkedCount: Math.min(1_000_000, before.checkedCount + due.length),
    experience: withInterval(
      before.experience,
      load,
      sight.queue === undefined ? lateShare : lateShareAfter(before.lateShare, lateShare),
      moment.expectedLateShare,
    ),
    lateShare,
    overloaded: moment.overloaded,
    overload: moment.overload,
    queue: seen.queue ?? -1,
    queueMoves: queueMoves(before.queueMoves, seen),
    servingCount: seen.servingCount,
    needs,
    meanLoad: before.meanLoad + (load - before.meanLoad) / meanMemory,
    lastRead: [
      seen.load === undefined ? before.lastRead[0] : now,
      seen.queue === undefined ? before.lastRead[1] : now,
    ],
  }
}

function capacityAfter(before: Learning, moment: Moment): Capacity {
  const { seen, intervalMs, overloaded, isLoadHidden } = moment
  if (seen.load === undefined) return before.capacity
  const isSameGroup = seen.servingCount === before.servingCount
  const grown = seen.queue === undefined || before.queue < 0 ? undefined : seen.queue - before.queue
  return learnCapacity(before.capacity, {
    load: seen.load,
    cpu: seen.cpu,
    servingCount: seen.servingCount,
    isSettled: isSameGroup && !overloaded && !before.overloaded && !isLoadHidden,
    queueGrowth: grown === undefined || !isSameGroup ? undefined : (1000 * grown) / intervalMs,
  })
}

/** The calendar, after forecasts came due: each says what was provided for, and what each season would have. */
function provenBy(due: Pending, calendar: Calendar, load: number): Calendar {
  let { trust } = calendar
  for (const row of due) {
    const [plain = 0, ...bySeason] = row.slice(1 + forecasters.length)
    trust = trust.map((known, place) => proven(known, load, plain, bySeason[place] ?? 0))
  }
  return { ...calendar, trust }
}
