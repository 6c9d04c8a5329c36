import type { Timeline } from '../replay/timeline.js'

/** A stretch of a timeline as one point of a picture. Means over it, and its share of slow requests. */
export interface Bucket {
  readonly load: number
  readonly demand: number
  readonly ready: number
  /** 0 to 1 */
  readonly slowShare: number
}

/** The entries from `first` up to and without `last` in at most `count` stretches of equal length. */
export function bucketsOf(timeline: Timeline, first: number, last: number, count: number): readonly Bucket[] {
  const width = Math.max(1, (last - first) / count)
  const buckets: Bucket[] = []
  for (let from = first; from + 1e-9 < last; from += width) {
    const start = Math.round(from)
    const end = Math.min(last, Math.max(start + 1, Math.round(from + width)))
    const sum = (column: Float64Array | Int32Array): number => {
      let total = 0
      for (let index = start; index < end; index += 1) total += column[index] ?? 0
      return total
    }
    const arrived = sum(timeline.arrived)
    buckets.push({
      load: sum(timeline.load) / (end - start),
      demand: sum(timeline.demand) / (end - start),
      ready: sum(timeline.ready) / (end - start),
      slowShare: arrived === 0 ? 0 : sum(timeline.slow) / arrived,
    })
  }
  return buckets
}
