import * as v from 'valibot'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { milliseconds, text, wholeNumber } from '../../options/checks.js'
import { chosen, combined } from '../combine/combine.js'
import { checkZone, cronTimes } from './cron.js'
import { policySchema } from '../kit/declared.js'
import type { Policy, Proposal } from '../policy.js'
import { type Form, optionsForm } from '../../options/form.js'
import { besideForm } from '../../options/form.js'

/** A time of day or week that comes back. */
export interface TimeWindow {
  /** Cron pattern of five fields for the start of the window: `0 8 * * 1-5`. */
  readonly start: string
  /** Cron pattern for its end; or give `durationMs`. */
  readonly end?: string | undefined
  readonly durationMs?: number | undefined
  /** IANA time zone, such as `Europe/Berlin`; `UTC` by default. Daylight saving is followed. */
  readonly zone?: string | undefined
}

/** Options of `scheduled`. */
export interface ScheduledOptions extends TimeWindow {
  /** The count inside the window; outside it the policy has no opinion. */
  readonly count: number
}

const windowEntries = {
  start: text(),
  end: v.optional(text()),
  durationMs: v.optional(milliseconds(60_000)),
  zone: v.optional(text()),
}
const windowSchema = v.strictObject(windowEntries)
const scheduledSchema = v.strictObject({ ...windowEntries, count: wholeNumber(0) })

/**
 * A count for a time of day or week. Inside `maxOf` it is a floor while its window lasts. Alone, the group stays as it is
 * outside the window, where KEDA's cron trigger falls to the minimum: `maxOf(scheduled(…), fixed(0))` does.
 *
 * @throws FlotillaError `invalid-options`: a bad pattern, an unknown zone, an end that is the start, both or neither of `end` and `durationMs`
 *
 * @example
 * ```ts
 * import { maxOf, scheduled, targetTracking } from '@flotilla/core'
 *
 * // At least four in office hours.
 * const policy = maxOf(
 *   targetTracking({ metric: 'cpu', target: 0.6 }),
 *   scheduled({ start: '0 8 * * 1-5', end: '0 18 * * 1-5', zone: 'Europe/Berlin', count: 4 }),
 * )
 * ```
 */
export function scheduled(options: ScheduledOptions): Policy {
  const { count, ...window } = checkOptions('scheduled', scheduledSchema, options)
  const { isInside, named } = readWindow('scheduled', window)
  return {
    name: `scheduled(${named})`,
    metrics: [],
    evaluate({ now }) {
      const proposal: Proposal = isInside(now)
        ? { kind: 'count', count, reason: `inside the window that starts at ${named}` }
        : outside(named)
      return { proposal }
    },
  }
}

/**
 * Another policy for a time of day or week, as the periods of GitLab's autoscaler policies:
 * `firstOf(during({ start: '0 8 * * 1-5', end: '0 18 * * 1-5' }, byDay), byNight)`. Outside its window it has no opinion,
 * whatever the policy says, which goes on watching and learning.
 *
 * @throws FlotillaError `invalid-options`, as `scheduled` does, and without a policy
 */
export function during(window: TimeWindow, policy: Policy): Policy {
  const { isInside, named } = readWindow('during', checkOptions('during', windowSchema, window))
  const inner = checkOptions('during', policySchema, policy, 'policy')
  return combined(
    'during',
    [inner],
    ([trace], { now }) => (trace !== undefined && isInside(now) ? chosen(trace) : outside(named)),
    `during(${named}: ${inner.name})`,
  )
}

const outside = (named: string): Proposal => ({
  kind: 'no-opinion',
  reason: `outside the window that starts at ${named}`,
  isOutside: true,
})

interface ReadWindow {
  /** @param now - epoch milliseconds */
  readonly isInside: (now: number) => boolean
  /** Its start and zone. */
  readonly named: string
}

function readWindow(of: string, { start, end, durationMs, zone = 'UTC' }: TimeWindow): ReadWindow {
  if ((end === undefined) === (durationMs === undefined)) {
    throw invalidOption(of, 'end', end, 'given, or durationMs, and not both')
  }
  if (end?.trim() === start.trim()) {
    throw invalidOption(of, 'end', end, 'another time than start')
  }
  checkZone(of, 'zone', zone)
  const starts = cronTimes(of, 'start', start, zone)
  const ends = end === undefined ? undefined : cronTimes(of, 'end', end, zone)

  const isInside = (now: number): boolean => {
    const lastStart = starts(now)
    if (lastStart === undefined) return false
    if (durationMs !== undefined) return now < lastStart + durationMs
    const lastEnd = ends?.(now)
    return lastEnd === undefined || lastStart > lastEnd
  }
  return { isInside, named: `${start} ${zone}` }
}

/** How `scheduled` is written in a file. */
export const scheduledForm: Form = optionsForm('a policy', 'scheduled', scheduled, scheduledSchema)

/** How `during` is written in a file. */
export const duringForm: Form = besideForm(
  'a policy',
  'during',
  (policy: never, window: never) => during(window, policy),
  ['policy', policySchema],
  windowEntries,
)
