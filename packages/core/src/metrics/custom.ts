import * as v from 'valibot'
import { checkOptions } from '../options/check-options.js'
import * as check from '../options/checks.js'
import { messageOf } from '../errors.js'
import { untilAborted } from '../async/until-aborted.js'
import { metricName, metricScope, missingRule, unit } from './metric-options.js'
import type { MetricInfo, Metrics, MissingRule, Reading, SampleRequest, Unit } from './metrics.js'
import { absentReading, readingFrom } from './readings/new-reading.js'
import { sanitiseReadings } from './readings/sanitise.js'
import { shortened, shown } from './readings/shown.js'
import { type Form, optionsForm } from '../options/form.js'

/**
 * What a metric's function may give: a number of the whole group; a number by instance id; or whole readings, which carry
 * their own time. Null and undefined mean that there is no value now.
 */
export type CustomValue =
  | number
  | ReadonlyMap<string, number | null | undefined>
  | Readonly<Record<string, number | null | undefined>>
  | readonly Reading[]
  | null
  | undefined

/** Options of `customMetric()`. */
export interface CustomMetricOptions {
  /** Lower-case words joined by dots and underscores. */
  readonly name: string
  /** Default `none`. */
  readonly unit?: Unit | undefined
  /** What the values are of; default `group`. */
  readonly of?: 'group' | 'instance' | undefined
  /** Default `hold`. */
  readonly whenMissing?: MissingRule | undefined
  /** Asked once per sample. It has until `request.signal` aborts. */
  readonly read: (request: SampleRequest) => CustomValue | Promise<CustomValue>
}

const schema = v.strictObject({
  name: metricName(),
  unit: v.optional(unit()),
  of: v.optional(metricScope()),
  whenMissing: v.optional(missingRule()),
  read: check.func<CustomMetricOptions['read']>(),
})

const defaults = { unit: 'none', of: 'group' } as const

/**
 * A metric that the caller's own function reads. Whatever it throws or gives that is not a finite number becomes an
 * absent reading that says so.
 *
 * @throws FlotillaError `invalid-options`
 *
 * @example
 * ```ts
 * import { customMetric } from '@flotilla/core'
 *
 * const waiting = [1, 2, 3]
 * const length = customMetric({ name: 'queue.length', unit: 'count', read: () => waiting.length })
 * ```
 */
export function customMetric(options: CustomMetricOptions): Metrics {
  const checked = checkOptions('customMetric', schema, options)
  const { name, read, whenMissing } = checked
  const info: MetricInfo = {
    name,
    unit: checked.unit ?? defaults.unit,
    of: checked.of ?? defaults.of,
    ...(whenMissing === undefined ? {} : { whenMissing }),
  }
  return {
    name,
    provides: [info],
    async sample(request) {
      const { signal, now } = request
      try {
        const value: unknown = await untilAborted(() => read(request), signal)
        return readingsFrom(info, value, request)
      } catch (error) {
        if (signal.aborted) throw signal.reason
        const reason = shortened(`failed: ${messageOf(error)}`, 300)
        return subjects(info, request).map((instanceId) =>
          absentReading({ info, instanceId, at: now }, reason),
        )
      }
    },
  }
}

function readingsFrom(info: MetricInfo, value: unknown, request: SampleRequest): readonly Reading[] {
  const { instances, now } = request
  if (Array.isArray(value)) return sanitiseReadings({ provides: [info], instances, raw: value, now }).readings
  if (info.of === 'group') return [readingFrom({ info, at: now }, value)]
  const all = subjects(info, request)
  if (value !== null && value !== undefined && typeof value !== 'object') {
    const reason = `invalid value ${shown(value)}: one per instance is needed, as a Map or object by instance id`
    return all.map((instanceId) => absentReading({ info, instanceId, at: now }, reason))
  }
  const byId = value instanceof Map ? value : new Map<unknown, unknown>(Object.entries(value ?? {}))
  return all.map((instanceId) => readingFrom({ info, instanceId, at: now }, byId.get(instanceId)))
}

/** What one reading each is owed for. */
function subjects(info: MetricInfo, { instances }: SampleRequest): readonly (string | undefined)[] {
  return info.of === 'group' ? [undefined] : instances.map(({ id }) => id)
}

/** How `customMetric` is written in a file. */
export const customMetricForm: Form = optionsForm('a metric source', 'customMetric', customMetric, schema)
