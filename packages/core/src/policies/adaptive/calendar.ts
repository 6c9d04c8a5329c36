/** The seasons that compete: what the same time of the day brought, and the same time of the week. */
export const seasons = ['day', 'week'] as const
export type Season = (typeof seasons)[number]

const slotMs = 300_000
const slotsOf: Readonly<Record<Season, number>> = { day: 288, week: 2016 }

/** Weight of the newest day, or week, in what a slot is expected to bring. */
const weight = 0.5

/** A slot of which nothing is known yet. */
const unknown = -1

/** What each time of the day and of the week brought, in instances working flat out. Some 15 kB after a week. */
export type Calendar = {
  /** The slot under way, counted from the epoch, with the sum and the number of the loads in it. */
  slot: number
  sum: number
  count: number
  /** By slot; empty until the first slot is over. */
  loads: { day: number[]; week: number[] }
  /** By season, in their order. */
  trust: SeasonTrust[]
}

/** How a season compares with what came, in sums that fade. */
export type SeasonTrust = {
  /** Of the last half hour: the load, and what the season had for it. */
  load: number
  expected: number
  /** Of the last week: load that it saved from being late, at its price, less what it carried for nothing. */
  worth: number
}

export const emptyCalendar = (): Calendar => ({
  slot: 0,
  sum: 0,
  count: 0,
  loads: { day: [], week: [] },
  trust: seasons.map(() => ({ load: 0, expected: 0, worth: 0 })),
})

/** Intervals remembered of how today compares: half an hour at 15 s. */
const likenessMemory = 120
/** Loads below this are alike: a night of 0.1 instances is no fifth of one of 0.5. */
const floor = 0.5
/** A day may be this much larger than the season, or smaller. */
const mostLike = 2
const leastLike = 0.25

/** The calendar with one more load in it. */
export function withLoad(calendar: Calendar, load: number, now: number): Calendar {
  const slot = Math.floor(now / slotMs)
  const trust = calendar.trust.map((known, place) => likened(known, load, seasonAt(calendar, place, now)))
  if (slot === calendar.slot) {
    return { ...calendar, sum: calendar.sum + load, count: calendar.count + 1, trust }
  }
  return { slot, sum: load, count: 1, loads: withSlot(calendar), trust }
}

function likened(known: SeasonTrust, load: number, expected: number | undefined): SeasonTrust {
  if (expected === undefined) return known
  const fading = 1 - 1 / likenessMemory
  return {
    load: known.load * fading + load + floor,
    expected: known.expected * fading + expected + floor,
    worth: known.worth,
  }
}

/** The loads with the slot in them that is over. */
function withSlot({ slot, sum, count, loads }: Calendar): Calendar['loads'] {
  if (count === 0) return loads
  const mean = sum / count
  const learnt = (season: Season): number[] => {
    const known = loads[season].length === 0 ? emptySeason(season) : [...loads[season]]
    const place = slot % slotsOf[season]
    const before = known[place] ?? unknown
    known[place] = short(before === unknown ? mean : before + weight * (mean - before))
    return known
  }
  return { day: learnt('day'), week: learnt('week') }
}

const emptySeason = (season: Season): number[] => Array.from({ length: slotsOf[season] }, () => unknown)

const short = (load: number): number => Number(load.toPrecision(4))

/** What counts as a rise: by this share of what the season has now, and by this many instances. */
const riseShare = 0.25
const leastRise = 0.5

/**
 * The load that a season expects at a time to come, where it expects a rise until then; as today compares with it: where
 * the last half hour brought a tenth more than the season had, a tenth more. A time late in a slot looks at the next one
 * too, since a rise within a slot is seen only in its mean.
 *
 * Where it expects no rise, the plain forecasters know the load better than any other day does.
 *
 * @returns undefined where no rise is expected, and while that time was never seen
 */
export function expectedRise(calendar: Calendar, place: number, now: number, at: number): number | undefined {
  const present = seasonAt(calendar, place, now)
  const here = seasonAt(calendar, place, at)
  if (present === undefined || here === undefined) return undefined
  const ahead = Math.max(here, seasonAt(calendar, place, at + slotMs / 2) ?? here)
  if (ahead - present < Math.max(leastRise, riseShare * present)) return undefined
  const { load, expected } = calendar.trust[place] ?? { load: 0, expected: 0 }
  const likeness = expected > 0 ? Math.min(mostLike, Math.max(leastLike, load / expected)) : 1
  return ahead * likeness
}

/** What a season goes by at a time: the week where it has come round, or else the day. */
export function sourceAt({ loads }: Calendar, place: number, at: number): Season {
  const ofWeek = loads.week[Math.floor(at / slotMs) % slotsOf.week] ?? unknown
  return seasons[place] === 'week' && ofWeek !== unknown ? 'week' : 'day'
}

function seasonAt(calendar: Calendar, place: number, at: number): number | undefined {
  const season = sourceAt(calendar, place, at)
  const found = calendar.loads[season][Math.floor(at / slotMs) % slotsOf[season]] ?? unknown
  return found === unknown ? undefined : found
}

/** Forecasts remembered of what a season was worth: a week at 15 s. */
const worthMemory = 40_000
/** What a unit of load that is late is taken to cost here, in units of load carried. */
const shortageCost = 20

/**
 * The worth of a season after one more load: what it would have changed.
 *
 * @param plain - the load that was provided for without the calendar
 * @param withSeason - the same with it
 */
export function proven(known: SeasonTrust, load: number, plain: number, withSeason: number): SeasonTrust {
  const fading = 1 - 1 / worthMemory
  const saved = Math.max(0, Math.min(load, withSeason) - plain)
  const wasted = Math.max(0, withSeason - Math.max(load, plain))
  return { ...known, worth: known.worth * fading + shortageCost * saved - wasted }
}

/** The season that has proven itself best, by its place, of equals the week; -1 while none has. */
export function bestSeason({ trust }: Calendar): number {
  let best = -1
  let most = 0
  for (const [place, { worth }] of trust.entries()) {
    if (worth <= 0 || worth < most) continue
    most = worth
    best = place
  }
  return best
}

/** Whether something stored is a calendar. */
export function isCalendar(stored: unknown): stored is Calendar {
  if (typeof stored !== 'object' || stored === null) return false
  const { slot, sum, count, loads, trust } = stored as Partial<Record<keyof Calendar, unknown>>
  if (!areNumbers([slot, sum, count]) || typeof loads !== 'object' || loads === null) return false
  const { day, week } = loads as Partial<Record<Season, unknown>>
  return (
    isSeason(day, slotsOf.day) &&
    isSeason(week, slotsOf.week) &&
    Array.isArray(trust) &&
    trust.length === seasons.length &&
    trust.every(isTrust)
  )
}

const isSeason = (stored: unknown, length: number): boolean =>
  Array.isArray(stored) && (stored.length === 0 || stored.length === length) && areNumbers(stored)

function isTrust(stored: unknown): boolean {
  if (typeof stored !== 'object' || stored === null) return false
  const { load, expected, worth } = stored as Partial<Record<keyof SeasonTrust, unknown>>
  return areNumbers([load, expected, worth])
}

/** A loop, since it runs over a week of slots at each decision. */
function areNumbers(values: readonly unknown[]): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false
  return true
}
