import * as v from 'valibot'
import { invalidOption } from '../../options/check-options.js'
import { text, wholeNumber } from '../../options/checks.js'
import { type LastDue, checkZone, cronTimes } from './cron.js'

/** At a time, once or again and again: new bounds, a new count, or both. */
export interface ScheduledAction {
  /** Once: a time with its zone, such as `2026-03-31T08:00:00Z`. Or give `cron`. */
  readonly at?: string | undefined
  /** Again and again: a cron pattern of five fields. */
  readonly cron?: string | undefined
  /** IANA time zone of `cron`; `UTC` by default. Daylight saving is followed. */
  readonly zone?: string | undefined
  /** With `cron`: not before, and not after, these times. It is also due at `start` itself. */
  readonly start?: string | undefined
  readonly end?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly desired?: number | undefined
}

const count = v.optional(wholeNumber(0))

/** What an action must look like; `withTimes` checks the rest. */
export const actionSchema: v.GenericSchema<ScheduledAction> = v.strictObject({
  at: v.optional(text()),
  cron: v.optional(text()),
  zone: v.optional(text()),
  start: v.optional(text()),
  end: v.optional(text()),
  min: count,
  max: count,
  desired: count,
})

/** An action that says when it was last due, epoch milliseconds. */
export interface TimedAction {
  readonly action: ScheduledAction
  readonly lastDue: LastDue
}

/**
 * One action of a list, ready to be asked.
 *
 * @throws FlotillaError `invalid-options`: a bad time, pattern or zone, nothing to set, bounds that contradict each other
 */
export function withTimes(action: ScheduledAction, index: number): TimedAction {
  const { at, cron, zone = 'UTC', start, end, min, max, desired } = action
  const field = (name: string): string => `${index}.${name}`
  if ((at === undefined) === (cron === undefined)) {
    throw invalidOption('scheduledActions', field('at'), at, 'given, or cron, and not both')
  }
  if (min === undefined && max === undefined && desired === undefined) {
    throw invalidOption('scheduledActions', field('desired'), desired, 'given, or min, or max')
  }
  const lowest = min ?? 0
  const highest = max ?? Infinity
  if (lowest > highest) throw invalidOption('scheduledActions', field('min'), min, `at most max (${highest})`)
  if (desired !== undefined && (desired < lowest || desired > highest)) {
    throw invalidOption('scheduledActions', field('desired'), desired, 'within min..max of the same action')
  }
  if (cron === undefined) {
    for (const [name, value] of Object.entries({ zone: action.zone, start, end })) {
      if (value !== undefined) {
        throw invalidOption('scheduledActions', field(name), value, 'left out, as it goes with cron')
      }
    }
    const once = timeOf(field('at'), at ?? '')
    return { action, lastDue: (now) => (once <= now ? once : undefined) }
  }
  checkZone('scheduledActions', field('zone'), zone)
  const pattern = cronTimes('scheduledActions', field('cron'), cron, zone)
  const from = start === undefined ? undefined : timeOf(field('start'), start)
  const until = end === undefined ? undefined : timeOf(field('end'), end)
  if (from !== undefined && until !== undefined && from >= until) {
    throw invalidOption('scheduledActions', field('end'), end, 'after start')
  }
  return { action, lastDue: (now) => lastDueWithin(pattern, from, until, now) }
}

function lastDueWithin(
  pattern: LastDue,
  from: number | undefined,
  until: number | undefined,
  now: number,
): number | undefined {
  if (from !== undefined && now < from) return undefined
  const at = pattern(Math.min(now, until ?? now))
  if (from === undefined) return at
  return at === undefined ? from : Math.max(at, from)
}

function timeOf(field: string, value: string): number {
  const at = /T.*(?:Z|[+-]\d{2}:?\d{2})$/.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(at)) {
    throw invalidOption(
      'scheduledActions',
      field,
      value,
      'a time with its zone, such as 2026-03-31T08:00:00Z',
    )
  }
  return at
}
