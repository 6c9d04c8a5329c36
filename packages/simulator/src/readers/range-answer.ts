import { unreadable } from './failure.js'

/** A value at a moment, epoch milliseconds. */
export interface Sample {
  readonly at: number
  readonly value: number
}

/**
 * The one series of a range query's answer; none when it has no data. Values that are no finite numbers are left out.
 *
 * @throws FlotillaError `invalid-reading` when it is of another shape, or has several series
 */
export function rangeSamples(attempted: string, answer: unknown): readonly Sample[] {
  const { status, data } = fieldsOf(answer)
  const { resultType, result } = fieldsOf(data)
  if (status !== 'success' || resultType !== 'matrix' || !Array.isArray(result)) {
    throw unreadable(attempted, 'the answer is not a range of the Prometheus API')
  }
  if (result.length > 1) {
    throw unreadable(attempted, `the query returned ${result.length} series; aggregate them in the query`)
  }
  const { values, histograms } = fieldsOf(result[0])
  if (Array.isArray(histograms) && histograms.length > 0) {
    throw unreadable(
      attempted,
      'the query returned native histograms; take histogram_count() or a rate of it',
    )
  }
  if (!Array.isArray(values)) return []
  return values.flatMap((pair: unknown): readonly Sample[] => {
    if (!Array.isArray(pair)) return []
    const [seconds, text] = pair as readonly unknown[]
    const value = typeof text === 'string' && text !== '' ? Number(text) : Number.NaN
    return typeof seconds === 'number' && Number.isFinite(value)
      ? [{ at: seconds * 1000, value: Math.max(0, value) }]
      : []
  })
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
