import { FlotillaError } from '../../errors.js'
import { shortened, shown } from '../readings/shown.js'

/** One series of an instant query. A scalar is a series without labels. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** A number as Prometheus writes them, also `NaN` and `+Inf`; absent for a native histogram. */
  readonly value: string | undefined
}

export interface InstantAnswer {
  readonly series: readonly Series[]
  /** What the server warned of, such as stores that did not answer; notes on the query's own style are left out. */
  readonly warnings: readonly string[]
}

/**
 * The answer of `/api/v1/query`, in our words.
 *
 * @param attempted - for errors: `query Prometheus at http://…`
 * @throws FlotillaError `invalid-reading` when it is not of the documented shape, or of a range instead of an instant
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export function parseInstantAnswer(attempted: string, answer: unknown): InstantAnswer {
  const { status, data, warnings } = fieldsOf(answer)
  if (status === 'error')
    throw invalid(`${attempted}: ${prometheusError(answer) ?? 'failed without a reason'}`)
  const { resultType, result } = fieldsOf(data)
  if (status !== 'success' || !Array.isArray(result)) {
    throw invalid(`${attempted}: the answer is not one of the Prometheus API`)
  }
  return { series: seriesOf(attempted, resultType, result), warnings: seriousWarnings(warnings) }
}

/** The server's own text of an error answer; undefined when it is not one of the Prometheus API. */
export function prometheusError(answer: unknown): string | undefined {
  const { errorType, error } = fieldsOf(answer)
  if (typeof error !== 'string') return undefined
  return shortened(typeof errorType === 'string' ? `${errorType}: ${error}` : error, 300)
}

/** A number as Prometheus writes them; NaN when it is none. */
export function prometheusNumber(text: string): number {
  if (text === '+Inf') return Infinity
  if (text === '-Inf') return -Infinity
  return /^[-+]?(?:\d|\.\d)[\d.]*(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
}

function seriesOf(attempted: string, resultType: unknown, result: readonly unknown[]): Series[] {
  switch (resultType) {
    case 'scalar':
      return [{ labels: {}, value: sampleText(attempted, result) }]
    case 'vector':
      return result.map((item) => {
        const { metric, value, histogram } = fieldsOf(item)
        if (value === undefined && histogram === undefined) {
          throw invalid(`${attempted}: a series of the answer has no value`)
        }
        return {
          labels: labelsOf(metric),
          value: value === undefined ? undefined : sampleText(attempted, value),
        }
      })
    default:
      throw invalid(
        `${attempted}: the query gives a ${shown(resultType)}; a scalar or an instant vector is needed`,
      )
  }
}

/** A sample is `[time in seconds, "value"]`. */
function sampleText(attempted: string, sample: unknown): string {
  const text: unknown = Array.isArray(sample) ? sample[1] : undefined
  if (typeof text !== 'string') throw invalid(`${attempted}: a sample of the answer is ${shown(sample)}`)
  return text
}

function labelsOf(metric: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fieldsOf(metric)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

function seriousWarnings(warnings: unknown): readonly string[] {
  if (!Array.isArray(warnings)) return []
  // Prometheus 2.48 to 2.52 put its notes on a query's style among the warnings.
  return warnings
    .map((warning) => shortened(String(warning), 200))
    .filter((text) => !text.startsWith('PromQL info:'))
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function invalid(message: string): FlotillaError {
  return new FlotillaError('invalid-reading', message)
}
