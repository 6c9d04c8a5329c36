import * as v from 'valibot'
import { checkOptions } from '../../options/check-options.js'
import * as check from '../../options/checks.js'
import { FlotillaError } from '../../errors.js'
import { ask, parseJson } from '../../http/ask-json.js'
import type { HttpAnswer } from '../../http/bounded-request.js'
import { httpEntries, httpTarget, requestHeaders, type HttpOptions } from '../../http/http-options.js'
import { statusFailure } from '../../http/status-failure.js'
import { metricName, metricScope, missingRule, unit } from '../metric-options.js'
import type { MetricInfo, Metrics, MissingRule, Unit } from '../metrics.js'
import { absentReading } from '../readings/new-reading.js'
import { parseInstantAnswer, prometheusError, type InstantAnswer } from './prometheus-answer.js'
import { groupReading, instanceReadings } from './series-readings.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `prometheus()`. */
export interface PrometheusOptions extends HttpOptions {
  /** Where the API begins, before `/api/v1`: `http://prometheus:9090`. */
  readonly url: string
  /** PromQL that gives a scalar, or one series for the group, or one per instance. */
  readonly query: string
  /** The metric's name in Flotilla: lower-case words joined by dots and underscores. */
  readonly name: string
  /** Default `none`. */
  readonly unit?: Unit | undefined
  /** Default `group`. */
  readonly of?: 'group' | 'instance' | undefined
  /** Of instances: the label that says whose a series is, by id, name, `host:port` or host. Default `instance`. */
  readonly instanceLabel?: string | undefined
  /** The port in that label, when it is an exporter's; default the instance's own port. */
  readonly instancePort?: number | undefined
  /** Bound of one query; default 5000. */
  readonly timeoutMs?: number | undefined
  /** Takes an answer although the server warned of it, as when a store behind it did not answer; default false. */
  readonly acceptWarnings?: boolean | undefined
  /** Default `hold`. */
  readonly whenMissing?: MissingRule | undefined
}

const schema = v.strictObject({
  url: v.optional(v.unknown()),
  query: check.text(),
  name: metricName(),
  unit: v.optional(unit()),
  of: v.optional(metricScope()),
  instanceLabel: v.optional(
    v.pipe(v.string('a label name'), v.regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name')),
  ),
  instancePort: v.optional(check.wholeNumber(1, 65_535)),
  timeoutMs: v.optional(check.milliseconds(1)),
  acceptWarnings: v.optional(v.boolean()),
  whenMissing: v.optional(missingRule()),
  ...httpEntries,
})

const defaults = {
  unit: 'none',
  of: 'group',
  instanceLabel: 'instance',
  timeoutMs: 5000,
  acceptWarnings: false,
} as const

/**
 * The result of a Prometheus query, asked anew for each sample. The next sample is the retry.
 *
 * No data, `NaN`, an infinity, or more series than one for what is asked is an absent reading. A series that is no longer
 * scraped is gone from the result after Prometheus' own five minutes. Any server with this API does: Thanos, Mimir,
 * VictoriaMetrics.
 *
 * @throws FlotillaError `invalid-options`. A sample rejects with `unavailable`, `timeout`, `permission-denied`,
 *   `rate-limited`, `not-found`, `invalid-reading`, or `invalid-options` when the server refuses the query itself
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/
 *
 * @example
 * ```ts
 * import { prometheus } from '@flotilla/core'
 *
 * const latency = prometheus({
 *   url: 'http://prometheus:9090',
 *   query: 'histogram_quantile(0.95, sum by (le) (rate(http_seconds_bucket[1m])))',
 *   name: 'latency_p95',
 *   unit: 'seconds',
 * })
 * ```
 */
export function prometheus(options: PrometheusOptions): Metrics {
  const checked = checkOptions('prometheus', schema, options)
  const { url, shown, basic } = httpTarget('prometheus', checked.url)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`
  const headers = {
    ...requestHeaders('prometheus', { ...options, basic: options.basic ?? basic }),
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  }
  const { name, query, whenMissing } = checked
  const timeoutMs = checked.timeoutMs ?? defaults.timeoutMs
  const acceptWarnings = checked.acceptWarnings ?? defaults.acceptWarnings
  const labelRule = { label: checked.instanceLabel ?? defaults.instanceLabel, port: checked.instancePort }
  const info: MetricInfo = {
    name,
    unit: checked.unit ?? defaults.unit,
    of: checked.of ?? defaults.of,
    ...(whenMissing === undefined ? {} : { whenMissing }),
  }
  const attempted = `query Prometheus at ${shown} for ${name}`
  // The server may give up when we do.
  const body = new URLSearchParams({ query, timeout: `${Math.ceil(timeoutMs)}ms` }).toString()
  const { ca, allowUntrusted } = options

  return {
    name: `prometheus ${name}`,
    provides: [info],
    async sample({ instances, now, signal }) {
      const question = {
        attempted,
        url,
        method: 'POST',
        headers,
        body,
        ca,
        allowUntrusted,
        timeoutMs,
      } as const
      const { series, warnings } = readAnswer(attempted, await ask({ ...question, signal }))
      const [warning] = acceptWarnings ? [] : warnings
      if (warning !== undefined) {
        const ids = info.of === 'group' ? [undefined] : instances.map(({ id }) => id)
        return ids.map((instanceId) =>
          absentReading({ info, instanceId, at: now }, `the server warned: ${warning}`),
        )
      }
      return info.of === 'group'
        ? [groupReading({ info, at: now }, series)]
        : instanceReadings(info, series, labelRule, instances, now)
    },
  }
}

function readAnswer(attempted: string, answer: HttpAnswer): InstantAnswer {
  const { status, headers } = answer
  if (status >= 200 && status < 300) return parseInstantAnswer(attempted, parseJson(attempted, answer))
  const detail = errorText(answer)
  if (status === 400 && detail !== undefined) {
    // Said by the API itself: the query cannot be read, and asking again will not help.
    throw new FlotillaError('invalid-options', `${attempted}: the query is refused: ${detail}`, {
      field: 'query',
    })
  }
  throw statusFailure(attempted, status, headers, detail)
}

function errorText({ body }: HttpAnswer): string | undefined {
  try {
    return prometheusError(JSON.parse(body))
  } catch {
    return undefined
  }
}

/** How `prometheus` is written in a file. */
export const prometheusForm: Form = optionsForm('a metric source', 'prometheus', prometheus, schema)
