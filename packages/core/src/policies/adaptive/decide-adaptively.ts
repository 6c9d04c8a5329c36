import type { Observation } from '../../model.js'
import type { Proposal } from '../policy.js'
import { wholeCount } from '../kit/read.js'
import { learnCapacity } from './capacity.js'
import { believedExperience, withInterval } from './experience.js'
import { forecast, forecasters } from './forecast.js'
import { heldCount, holdMsFor, withNeed } from './hold.js'
import { expectedStartMs, learnStart } from './lead-time.js'
import { type Work, addedFor, faded, isOverloaded, lateShareAfter, lateShareOf } from './overload.js'
import { worsened } from './margin.js'
import { cheapestPlan } from './plan.js'
import { decisionText } from './reason.js'
import type { Sight } from './sight.js'
import { carriedShare, staffedFor } from './staffing.js'
import type { Learning, Pending } from './state.js'
import { dearnessOf, shortageCostAfter, shortageCosts } from './steering.js'
import { advanced, checkedAgainst, newRecord, scaleOf } from './track-record.js'

/** What may be left out, to see what it is worth. */
export const partNames = [
  'choice',
  'margin',
  'tail',
  'steering',
  'limit',
  'overload',
  'staffing',
  'hold',
  'backlog',
] as const
export type Part = (typeof partNames)[number]

/** What stands in for the parts left out. */
const fixedMargin = { share: 0.25, lateShare: 0, spending: 1.25 }
const fixedShortageCost = 50
const fixedHoldMs = 300_000

/** A backlog is worked off in so many intervals. */
const drainIntervals = 1

const shortestIntervalMs = 1000
const longestIntervalMs = 120_000
const oldestReadingMs = 600_000
/** More is no load of any group. */
const mostLoad = 1e6
/** Forecasts that wait at a time; with a longer lead, not every one is checked. */
const mostPending = 16

export interface Decided {
  readonly proposal: Proposal
  readonly learning: Learning
}

/**
 * One decision, and what is learnt from its moment.
 *
 * The capacity, the margin and the forecaster are those learnt before, so that at equal state more load never makes a
 * smaller count.
 */
export function decideAdaptively(
  before: Learning,
  sight: Sight,
  { desired, instances }: Observation,
  now: number,
  without: ReadonlySet<Part>,
): Decided {
  const sinceMs = before.at === undefined ? 0 : now - before.at
  const intervalMs =
    sinceMs > 0 ? Math.min(longestIntervalMs, Math.max(shortestIntervalMs, sinceMs)) : before.intervalMs
  const start = learnStart(before.start, instances, before.at, now)
  const { load, hiddenShare } = loadOf(sight, before.capacity.perInstance)

  // A reading is the mean over about an interval, so it is half of one older than it says.
  const ageMs = Math.min(oldestReadingMs, Math.max(0, now - sight.at)) + intervalMs / 2
  const leadMs = ageMs + expectedStartMs(start, instances, now) + intervalMs

  const records = before.records.length === 0 ? forecasters.map(() => newRecord(load)) : before.records
  const experience = before.records.length === 0 ? believedExperience(load) : before.experience
  const queue = sight.queue === undefined ? 'unseen' : 'seen'
  const errors = records.map((record) =>
    without.has('tail') ? record.errors : worsened(record.errors, queue),
  )
  const known = without.has('choice') ? errors.slice(0, 1) : errors
  const shortageCost = without.has('steering')
    ? fixedShortageCost
    : shortageCostAfter(
        experience,
        shortageCosts.map((cost) => cheapestPlan(known, cost)),
        !without.has('limit'),
      )
  const plan = cheapestPlan(known, shortageCost)
  const margin = without.has('margin') ? fixedMargin : plan.margin
  const courses = records.map((record, place) => advanced(forecasters[place] ?? 'level', record, load, now))
  const forecasts = courses.map((course) => forecast(course, leadMs / intervalMs))
  const expected = forecasts[plan.place] ?? load
  const scale = scaleOf(expected)

  const work: Work = { ...sight, perInstance: before.capacity.perInstance }
  const overloaded = isOverloaded(work)
  const lateShare = lateShareOf(work)
  const extra = overloaded
    ? addedFor(work, load, dearnessOf(shortageCost), before.overload)
    : faded(before.overload)
  const overload = without.has('overload') ? 0 : extra
  const perSecond = before.capacity.perInstance
  const waiting = perSecond > 0 ? (sight.queue ?? 0) / perSecond : 0
  const backlog = without.has('backlog')
    ? 0
    : Math.min(mostLoad, waiting / ((drainIntervals * intervalMs) / 1000))
  const target = expected + (margin.share + overload) * scale + backlog
  const room = without.has('staffing') ? 0 : undefined
  const need = staffedFor(target, room)
  const heldMs = without.has('hold') ? fixedHoldMs : holdMsFor(start.ms, shortageCost)
  const needs = withNeed(before.needs, need, now, heldMs)
  const held = heldCount(needs, need, desired)
  const count = wholeCount(sight.missing.length > 0 ? Math.max(held, desired) : held)

  const reason = decisionText(
    {
      forecast: expected,
      forecaster: forecasters[plan.place] ?? 'level',
      leadMs,
      margin: margin.share,
      enoughFor: 1 - margin.lateShare,
      overload,
      backlog,
      target,
      carriedShare: carriedShare(need, room),
      need,
      perInstance: sight.load === undefined || perSecond === 0 ? undefined : perSecond,
      count,
      heldMs,
    },
    sight,
  )

  const due = before.pending.filter(([at = 0]) => at <= now)
  const scored = due.filter(([at = 0]) => now - at <= 2 * intervalMs)
  const checked = records.map((record, place) => {
    let result = record
    for (const row of scored) result = checkedAgainst(result, load, row[1 + place] ?? load)
    return { ...result, course: courses[place] ?? result.course }
  })
  const settled = sight.servingCount === before.servingCount && !overloaded && hiddenShare === 0
  return {
    proposal: { kind: 'count', count, reason },
    learning: {
      version: before.version,
      at: now,
      intervalMs,
      start,
      capacity:
        sight.load === undefined
          ? before.capacity
          : learnCapacity(before.capacity, {
              load: sight.load,
              cpu: sight.cpu,
              servingCount: sight.servingCount,
              isSettled: settled,
            }),
      records: checked,
      pending: withPending(before.pending, forecasts, now, leadMs - ageMs),
      checkedCount: Math.min(1_000_000, before.checkedCount + scored.length),
      experience: withInterval(
        experience,
        load,
        sight.queue === undefined ? lateShare : lateShareAfter(before.lateShare, lateShare),
        margin.lateShare,
      ),
      lateShare,
      overload,
      servingCount: sight.servingCount,
      needs,
      lastRead: [
        sight.load === undefined ? before.lastRead[0] : now,
        sight.queue === undefined ? before.lastRead[1] : now,
      ],
    },
  }
}

/** CPU from which an instance may be turning work away, which no CPU can show. */
const hidingCpu = 0.9
/** At a CPU of 1, this much is taken to be hidden; the next look will tell. */
const mostHidden = 0.5

/** The load in instances working flat out: what arrives, or else the CPU that is used. */
function loadOf(
  { load, cpu, servingCount }: Sight,
  perInstance: number,
): { readonly load: number; readonly hiddenShare: number } {
  if (load !== undefined && perInstance > 0) {
    return { load: Math.min(mostLoad, load / perInstance), hiddenShare: 0 }
  }
  const hiddenShare = mostHidden * Math.min(1, Math.max(0, (cpu - hidingCpu) / (1 - hidingCpu)))
  return { load: Math.min(mostLoad, cpu * servingCount * (1 + hiddenShare)), hiddenShare }
}

function withPending(before: Pending, forecasts: readonly number[], now: number, leadMs: number): Pending {
  const dueAt = now + leadMs
  // What is due much later than a lead from now was forecast before the clock went back.
  const kept = before.filter(([at = 0]) => at > now && at <= dueAt + leadMs + longestIntervalMs)
  const last = kept.at(-1)?.[0] ?? -Infinity
  if (kept.length >= mostPending || dueAt - last < leadMs / mostPending) return kept
  return [...kept, [dueAt, ...forecasts]]
}
