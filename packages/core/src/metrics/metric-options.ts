import * as v from 'valibot'
import * as check from '../options/checks.js'
import type { MissingRule, Unit } from './metrics.js'

/** A metric's name: lower-case words joined by dots and underscores. */
export const metricName = (): v.GenericSchema<string> => {
  const message =
    'lower-case words joined by dots and underscores, such as http.request_rate, at most 100 characters'
  return v.pipe(v.string(message), v.regex(/^(?=.{1,100}$)[a-z][a-z0-9]*(?:[._][a-z0-9]+)*$/, message))
}

export const unit = (): v.GenericSchema<Unit> =>
  v.picklist(['ratio', 'bytes', 'count', 'per-second', 'milliseconds', 'seconds', 'none'])

export const metricScope = (): v.GenericSchema<'group' | 'instance'> => v.picklist(['group', 'instance'])

/** What `whenMissing` must look like, for sources of your own. */
export const missingRule = (): v.GenericSchema<MissingRule> =>
  v.variant('kind', [
    v.strictObject({ kind: v.literal('hold') }),
    v.strictObject({ kind: v.literal('last'), maxAgeMs: check.milliseconds() }),
    v.strictObject({ kind: v.literal('assume'), value: check.finiteNumber() }),
    v.strictObject({ kind: v.literal('fail') }),
  ])
