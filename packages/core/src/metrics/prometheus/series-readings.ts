import type { TrackedInstance } from '../../model.js'
import type { MetricInfo, Reading } from '../metrics.js'
import { absentReading, readingFrom, type ReadingOf } from '../readings/new-reading.js'
import { prometheusNumber, type Series } from './prometheus-answer.js'
import { shortened, shown } from '../readings/shown.js'

/** The one value of a query over the whole group. Several series are refused rather than guessed at. */
export function groupReading(of: ReadingOf, series: readonly Series[]): Reading {
  const [first, second] = series
  if (first === undefined) return absentReading(of, 'the query returned no data')
  if (second !== undefined) {
    return absentReading(of, `the query returned ${series.length} series; aggregate them in the query`)
  }
  return seriesReading(of, first)
}

/** How a series says whose it is. */
export interface LabelRule {
  readonly label: string
  /** The port in the label's value, when it is an exporter's and not the instance's own. */
  readonly port: number | undefined
}

/**
 * One reading per instance, by the label that says whose a series is.
 *
 * The label's value may be the instance's id, its name, its `host:port` or its host; the first that fits counts. A host
 * that several instances share fits none of them.
 */
export function instanceReadings(
  info: MetricInfo,
  series: readonly Series[],
  { label, port }: LabelRule,
  instances: readonly TrackedInstance[],
  now: number,
): readonly Reading[] {
  const finders = findersFor(instances, port)
  const found = new Map<string, Series[]>()
  for (const one of series) {
    const value = one.labels[label]
    const id = value === undefined ? undefined : idOf(value, finders)
    if (id === undefined) continue
    const sofar = found.get(id)
    if (sofar === undefined) found.set(id, [one])
    else sofar.push(one)
  }
  const noData = found.size > 0 ? 'the query returned no data for it' : noneFits(series, label)
  return instances.map(({ id }) => {
    const of = { info, instanceId: id, at: now }
    const [first, second] = found.get(id) ?? []
    if (first === undefined) return absentReading(of, noData)
    if (second !== undefined) {
      const count = found.get(id)?.length ?? 0
      return absentReading(
        of,
        `the query returned ${count} series for it; aggregate them by (${label}) in the query`,
      )
    }
    return seriesReading(of, first)
  })
}

function seriesReading(of: ReadingOf, { value }: Series): Reading {
  if (value === undefined) return absentReading(of, 'the query returned a histogram, not a number')
  const number = prometheusNumber(value)
  // NaN is what a division by a total of 0 gives: there is no ratio, which is not a ratio of 0.
  return Number.isFinite(number)
    ? readingFrom(of, number)
    : absentReading(of, `invalid value ${shown(value)}`)
}

type Finder = ReadonlyMap<string, string | undefined>

/** From the surest to the least sure; undefined marks what several instances share. */
function findersFor(instances: readonly TrackedInstance[], port: number | undefined): readonly Finder[] {
  const finder = (key: (instance: TrackedInstance) => string | undefined): Finder => {
    const ids = new Map<string, string | undefined>()
    for (const instance of instances) {
      const value = key(instance)
      if (value !== undefined) ids.set(value, ids.has(value) ? undefined : instance.id)
    }
    return ids
  }
  return [
    finder(({ id }) => id),
    finder(({ name }) => name),
    finder(({ address }) => address && `${bracketed(address.host)}:${port ?? address.port}`),
    finder(({ address }) => address?.host),
  ]
}

function idOf(value: string, finders: readonly Finder[]): string | undefined {
  for (const finder of finders) {
    const id = finder.get(value)
    if (id !== undefined) return id
  }
  return undefined
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function noneFits(series: readonly Series[], label: string): string {
  if (series.length === 0) return 'the query returned no data'
  const example = series.find(({ labels }) => labels[label] !== undefined)?.labels[label]
  return example === undefined
    ? `none of the ${series.length} series has a label ${label}`
    : `no series is of an instance of the group; label ${label} is ${JSON.stringify(shortened(example, 60))}, say`
}
