import type { Observation } from '../../model.js'
import type { Proposal } from '../policy.js'
import { wholeCount } from '../kit/read.js'
import { emptyCalendar } from './calendar.js'
import { believedExperience } from './experience.js'
import { forecast, forecasters } from './forecast.js'
import { heldCount, holdMsFor, withNeed } from './hold.js'
import { expectedStartMs, learnStart } from './lead-time.js'
import { type Moment, learnFrom } from './learn.js'
import { loadOf, mostLoad } from './load-seen.js'
import { type Work, addedFor, faded, isOverloaded, lateShareOf } from './overload.js'
import type { Without } from './parts.js'
import { type Candidate, plannerFor } from './plan.js'
import { provisionFor } from './provision.js'
import { decisionText } from './reason.js'
import type { Sight } from './sight.js'
import { carriedShare, staffedFor } from './staffing.js'
import type { Learning } from './state.js'
import { dearnessOf, shortageCostAfter, shortageCosts } from './steering.js'
import { type TrackRecord, advanced, newRecord, scales } from './track-record.js'

/** What stands in for the parts left out. */
const fixedMargin = { share: 0.25, lateShare: 0 }
const fixedShortageCost = 50
const fixedHoldMs = 300_000

/** A backlog is worked off in so many intervals. */
const drainIntervals = 1

const shortestIntervalMs = 1000
const longestIntervalMs = 120_000
const oldestReadingMs = 600_000

export interface Decided {
  readonly proposal: Proposal
  readonly learning: Learning
}

/**
 * One decision, and what is learnt from its moment.
 *
 * The capacity, the margin, the forecaster and the calendar are those learnt before, so that at equal state more load never
 * makes a smaller count.
 */
export function decideAdaptively(
  stored: Learning,
  seen: Sight,
  { desired, instances }: Observation,
  now: number,
  without: Without,
): Decided {
  const { queue } = seen
  /** A queue of 0 that never was more proves nothing. */
  const isQueueProof = stored.queueMoves && queue !== undefined
  const sight = isQueueProof || queue !== 0 ? seen : { ...seen, queue: undefined }
  const { load, hiddenShare } = loadOf(sight, stored.capacity.perInstance)
  const before = stored.records.length === 0 ? begun(stored, load) : stored
  const sinceMs = before.at === undefined ? 0 : now - before.at
  const intervalMs =
    sinceMs > 0 ? Math.min(longestIntervalMs, Math.max(shortestIntervalMs, sinceMs)) : before.intervalMs
  const start = learnStart(before.start, instances, before.at, now)

  // A reading is the mean over about an interval, so it is half of one older than it says.
  const ageMs = Math.min(oldestReadingMs, Math.max(0, now - sight.at)) + intervalMs / 2
  const leadMs = ageMs + expectedStartMs(start, instances, now) + intervalMs

  const planFor = plannerFor(candidatesOf(before.records, without), fearOf(isQueueProof, without))
  const shortageCost = without.has('steering')
    ? fixedShortageCost
    : shortageCostAfter(before.experience, shortageCosts.map(planFor), !without.has('limit'))
  const plan = planFor(shortageCost)
  const margin = without.has('margin') ? fixedMargin : plan.margin
  const courses = before.records.map((record, place) =>
    advanced(forecasters[place] ?? 'level', record, load, now),
  )
  const forecasts = courses.map((course) => forecast(course, leadMs / intervalMs))

  const work: Work = { ...sight, perInstance: before.capacity.perInstance }
  const overloaded = isOverloaded(work)
  const dearness = dearnessOf(shortageCost)
  const extra = overloaded
    ? addedFor(work, load, isQueueProof ? dearness : undefined, before.overload)
    : faded(before.overload)
  const overload = without.has('overload') ? 0 : extra
  const backlog = without.has('backlog') ? 0 : backlogOf(work, intervalMs)
  const calendar = without.has('calendar') ? emptyCalendar() : before.calendar
  const { meanLoad } = before
  const at = now + leadMs
  const marginShare = margin.share
  const provision = provisionFor({
    plan,
    marginShare,
    forecasts,
    calendar,
    meanLoad,
    overload,
    backlog,
    now,
    at,
  })

  const room = without.has('staffing') ? 0 : undefined
  const need = staffedFor(provision.target, room)
  const heldMs = without.has('hold') ? fixedHoldMs : holdMsFor(start.ms, shortageCost)
  const needs = withNeed(before.needs, need, now, heldMs)
  const held = heldCount(needs, need, desired)
  const count = wholeCount(sight.missing.length > 0 ? Math.max(held, desired) : held)

  const perSecond = before.capacity.perInstance
  const reason = decisionText(
    {
      ...provision,
      leadMs,
      enoughFor: 1 - margin.lateShare,
      overload,
      backlog,
      carriedShare: carriedShare(need, room),
      need,
      perInstance: sight.load === undefined || perSecond === 0 ? undefined : perSecond,
      count,
      heldMs,
    },
    sight,
  )
  const moment: Moment = {
    now,
    intervalMs,
    seen,
    sight,
    load,
    isLoadHidden: hiddenShare > 0,
    start,
    courses,
    due: { leadMs: leadMs - ageMs, values: [...forecasts, ...provision.claims] },
    calendar,
    lateShare: lateShareOf(work),
    expectedLateShare: margin.lateShare,
    overloaded,
    overload,
    needs,
  }
  return { proposal: { kind: 'count', count, reason }, learning: learnFrom(before, moment) }
}

/** What is believed at the first load. */
const begun = (stored: Learning, load: number): Learning => ({
  ...stored,
  records: forecasters.map(() => newRecord(load)),
  experience: believedExperience(load),
  meanLoad: load,
})

function candidatesOf(records: readonly TrackRecord[], without: Without): readonly Candidate[] {
  const chosen = without.has('choice') ? records.slice(0, 1) : records
  const chosenScales = without.has('scale') ? scales.slice(0, 1) : scales
  return chosen.flatMap(({ errors }, forecaster) =>
    chosenScales.flatMap((scale, place): readonly Candidate[] => {
      const ofScale = errors[place]
      return ofScale === undefined ? [] : [{ forecaster, scale, errors: ofScale }]
    }),
  )
}

function fearOf(isQueueProof: boolean, without: Without): 'seen' | 'unseen' | 'without' {
  if (without.has('tail')) return 'without'
  return isQueueProof ? 'seen' : 'unseen'
}

/** What waits, as load to work off beside what arrives. */
function backlogOf({ queue = 0, perInstance }: Work, intervalMs: number): number {
  const waiting = perInstance > 0 ? queue / perInstance : 0
  return Math.min(mostLoad, waiting / ((drainIntervals * intervalMs) / 1000))
}
