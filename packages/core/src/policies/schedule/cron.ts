import { Cron } from 'croner'
import { invalidOption } from '../../options/check-options.js'
import { messageOf } from '../../errors.js'

/** The last time something fell due, at or before `now`; undefined when it never has. Epoch milliseconds. */
export type LastDue = (now: number) => number | undefined

/**
 * When a cron pattern of five fields was last due in a time zone; daylight saving is followed.
 *
 * Looking back through a calendar takes a quarter of a millisecond, so the answer is kept for as long as it holds.
 *
 * @param what - the constructor and `field`, for the error
 * @throws FlotillaError `invalid-options`
 */
export function cronTimes(what: string, field: string, pattern: string, zone: string): LastDue {
  const cron = cronPattern(what, field, pattern, zone)
  let known = { at: undefined as number | undefined, from: Infinity, until: -Infinity }
  return (now) => {
    if (now < known.from || now >= known.until) {
      // Croner looks strictly back, in whole seconds.
      const at = cron.previousRuns(1, new Date(Math.floor(now / 1000) * 1000 + 1000))[0]?.getTime()
      known = { at, from: at ?? now, until: cron.nextRun(new Date(now))?.getTime() ?? Infinity }
    }
    return known.at
  }
}

function cronPattern(what: string, field: string, pattern: string, zone: string): Cron {
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
