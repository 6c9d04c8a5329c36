import { Cron } from 'croner'
import { invalidOption } from '../check-options.js'
import { messageOf } from '../errors.js'

/**
 * A cron pattern of five fields in a time zone; daylight saving is followed.
 *
 * @param what - the constructor and `field`, for the error
 * @throws FlotillaError `invalid-options`
 */
export function cronPattern(what: string, field: string, pattern: string, zone: string): Cron {
  const expected = 'a cron pattern of five fields, such as 0 8 * * 1-5'
  if (pattern.trim().split(/\s+/).length !== 5) throw invalidOption(what, field, pattern, expected)
  try {
    return new Cron(pattern, { timezone: zone, mode: '5-part' })
  } catch (error) {
    throw invalidOption(what, field, pattern, `${expected} (${messageOf(error)})`)
  }
}

/** @throws FlotillaError `invalid-options` for a time zone that this host does not know */
export function checkZone(what: string, field: string, zone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    throw invalidOption(what, field, zone, 'an IANA time zone such as Europe/Berlin')
  }
}

/** The last time the pattern fell due, at or before `now`, epoch milliseconds. Cron looks strictly back, in whole seconds. */
export function lastRun(pattern: Cron, now: number): number | undefined {
  return pattern.previousRuns(1, new Date(Math.floor(now / 1000) * 1000 + 1000))[0]?.getTime()
}
