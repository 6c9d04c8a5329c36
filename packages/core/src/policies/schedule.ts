import * as v from 'valibot'
import { checkOptions, invalidOption } from '../check-options.js'
import { milliseconds, text, wholeNumber } from '../checks.js'
import { checkZone, cronTimes } from './cron.js'
import type { Policy, Proposal } from './policy.js'

export interface ScheduledOptions {
  /** Cron pattern of five fields for the start of the window: `0 8 * * 1-5`. */
  readonly start: string
  /** Cron pattern for its end; or give `durationMs`. */
  readonly end?: string | undefined
  readonly durationMs?: number | undefined
  /** IANA time zone, such as `Europe/Berlin`; `UTC` by default. Daylight saving is followed. */
  readonly zone?: string | undefined
  /** The count inside the window; outside it the policy has no opinion. */
  readonly count: number
}

const schema = v.strictObject({
  start: text(),
  end: v.optional(text()),
  durationMs: v.optional(milliseconds(60_000)),
  zone: v.optional(text()),
  count: wholeNumber(0),
})

/**
 * A count for a time of day or week. Inside `maxOf` it is a floor while its window lasts. Alone, the group stays as it is
 * outside the window, where KEDA's cron trigger falls to the minimum: `maxOf(scheduled(…), fixed(0))` does.
 *
 * @throws FlotillaError `invalid-options`: a bad pattern, an unknown zone, an end that is the start, both or neither of `end` and `durationMs`
 */
export function scheduled(options: ScheduledOptions): Policy {
  const { start, end, durationMs, zone = 'UTC', count } = checkOptions('scheduled', schema, options)
  if ((end === undefined) === (durationMs === undefined)) {
    throw invalidOption('scheduled', 'end', end, 'given, or durationMs, and not both')
  }
  if (end?.trim() === start.trim()) {
    throw invalidOption('scheduled', 'end', end, 'another time than start')
  }
  checkZone('scheduled', 'zone', zone)
  const starts = cronTimes('scheduled', 'start', start, zone)
  const ends = end === undefined ? undefined : cronTimes('scheduled', 'end', end, zone)
  const name = `scheduled(${start} ${zone})`

  const isActive = (now: number): boolean => {
    const lastStart = starts(now)
    if (lastStart === undefined) return false
    if (durationMs !== undefined) return now < lastStart + durationMs
    const lastEnd = ends?.(now)
    return lastEnd === undefined || lastStart > lastEnd
  }

  return {
    name,
    metrics: [],
    evaluate({ now }) {
      const proposal: Proposal = isActive(now)
        ? { kind: 'count', count, reason: `inside the window that starts at ${start} ${zone}` }
        : { kind: 'no-opinion', reason: `outside the window that starts at ${start} ${zone}` }
      return { proposal }
    },
  }
}
