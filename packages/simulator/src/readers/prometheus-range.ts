import { FlotillaError, systemClock } from '@flotilla/core'
import { check, checkOptions, invalidOption, messageOf, withDeadline } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { type Trace, newTrace } from '../trace.js'
import { boundedText } from './bounded-text.js'
import { unreadable } from './failure.js'
import { rangeSamples } from './range-answer.js'
import { Samples } from './samples.js'

/** How the answer of a Prometheus range query is read. */
export interface PrometheusTraceOptions {
  /** Where the API begins, before `/api/v1`: `http://prometheus:9090`. Credentials in it are sent as Basic. */
  readonly url: string
  /** PromQL that gives one series: `sum(rate(http_requests_total{job="web"}[1m]))`. */
  readonly query: string
  /** Epoch milliseconds, `to` after `from`. */
  readonly from: number
  readonly to: number
  /** From one value to the next, milliseconds, whole seconds; default 60,000. */
  readonly intervalMs?: number | undefined
  /** Default: the query. */
  readonly name?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as `Authorization: Bearer …`. */
  readonly bearerToken?: string | undefined
  /** Bound of each request, milliseconds; default 30,000. A long range takes several, one after the other. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const schema = v.strictObject({
  url: v.unknown(),
  query: check.text(),
  from: check.finiteNumber(),
  to: check.finiteNumber(),
  intervalMs: v.optional(check.milliseconds(1000)),
  name: v.optional(check.text()),
  headers: v.optional(v.unknown()),
  bearerToken: v.optional(v.unknown()),
  timeoutMs: v.optional(check.milliseconds(1)),
  signal: v.optional(v.instance(AbortSignal, 'an AbortSignal')),
})

const defaults = { intervalMs: 60_000, timeoutMs: 30_000 } as const

/** Prometheus answers at most 11,000 points of a series at once. */
const mostPoints = 10_000

/** An answer much longer than its points need is a mistake, and must not fill the memory. */
const mostBytes = 16 * 2 ** 20

/**
 * A trace from the past of a Prometheus query. Where there is no value, the one before stays. Any server with this API
 * does: Thanos, Mimir, VictoriaMetrics.
 *
 * @throws FlotillaError `unavailable`, `timeout`, `permission-denied`, `invalid-reading` (no data, or more series than
 *   one), `invalid-options`; the signal's own reason when it aborts
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
 */
export async function readPrometheusRange(options: PrometheusTraceOptions): Promise<Trace> {
  checkOptions('readPrometheusRange', schema, options)
  const { query, from, to, intervalMs = defaults.intervalMs, name = query } = options
  if (intervalMs % 1000 !== 0)
    throw invalidOption('readPrometheusRange', 'intervalMs', intervalMs, 'whole seconds')
  if (to <= from) throw invalidOption('readPrometheusRange', 'to', to, `after from (${from})`)
  const { url, headers, shown } = targetOf(options)
  const samples = new Samples()
  for (let start = from; start <= to; start += mostPoints * intervalMs) {
    const end = Math.min(to, start + (mostPoints - 1) * intervalMs)
    const body = new URLSearchParams({
      query,
      start: String(start / 1000),
      end: String(end / 1000),
      step: String(intervalMs / 1000),
    })
    const attempted = `query Prometheus at ${shown}`
    for (const { at, value } of rangeSamples(attempted, await ask(attempted, url, headers, body, options))) {
      samples.add(at, value)
    }
  }
  if (samples.size === 0) throw unreadable(`query Prometheus at ${shown}`, 'the query returned no data')
  const { startAt, values } = samples.resampled(`query Prometheus at ${shown}`, intervalMs)
  return newTrace({ name, intervalMs, startAt, values })
}

async function ask(
  attempted: string,
  url: URL,
  headers: Headers,
  body: URLSearchParams,
  { timeoutMs = defaults.timeoutMs, signal }: PrometheusTraceOptions,
): Promise<unknown> {
  const work = async (inner: AbortSignal): Promise<unknown> => {
    let text: string
    let status: number
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal: inner, redirect: 'error' })
      status = response.status
      text = await boundedText(attempted, response, mostBytes)
    } catch (error) {
      if (inner.aborted) throw inner.reason
      if (error instanceof FlotillaError) throw error
      throw new FlotillaError('unavailable', `${attempted}: ${reasonOf(error)}`, { cause: error })
    }
    return answerOf(attempted, status, text)
  }
  return withDeadline(work, { clock: systemClock, timeoutMs, what: attempted, signal })
}

function answerOf(attempted: string, status: number, text: string): unknown {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    if (status < 300) throw unreadable(attempted, 'the answer is not JSON')
  }
  if (status < 300) return answer
  const { error } = (answer ?? {}) as { readonly error?: unknown }
  const detail = typeof error === 'string' ? `: ${error.slice(0, 300)}` : ''
  if (status === 400 && detail !== '') {
    throw new FlotillaError('invalid-options', `${attempted}: the query is refused${detail}`, {
      field: 'query',
    })
  }
  const code =
    status === 401 || status === 403 ? 'permission-denied' : status >= 500 ? 'unavailable' : 'unknown'
  throw new FlotillaError(code, `${attempted}: answered ${status}${detail}`)
}

/** fetch hides the network's own words in `cause`. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
}

function targetOf(options: PrometheusTraceOptions): { url: URL; headers: Headers; shown: string } {
  const what = 'readPrometheusRange'
  const given: unknown = options.url
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    // An address that cannot be read may hold a password that cannot be found either.
    throw new FlotillaError(
      'invalid-options',
      `${what}: url must be an absolute http:// or https:// address`,
      {
        field: 'url',
      },
    )
  }
  let headers: Headers
  try {
    headers = new Headers(options.headers)
    if (options.bearerToken !== undefined) headers.set('authorization', `Bearer ${options.bearerToken}`)
  } catch {
    throw new FlotillaError(
      'invalid-options',
      `${what}: headers must be texts that HTTP may carry, got (hidden)`,
      {
        field: 'headers',
      },
    )
  }
  if (url.username !== '' || url.password !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
    url.username = ''
    url.password = ''
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query_range`
  return { url, headers, shown: `${url.origin}${url.pathname}` }
}
