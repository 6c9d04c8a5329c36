import { unreadable } from './failure.js'

/** A value at a moment, epoch milliseconds. */
export interface Sample {
  readonly at: number
  readonly value: number
}

/** The longest trace read, in values: a year at one second. */
const mostValues = 31_622_400

/**
 * Refuses samples so far apart that the trace between them would fill the memory: a wrong unit of time, mostly.
 *
 * @throws FlotillaError `invalid-reading`
 */
export function checkSpan(what: string, samples: readonly Sample[], intervalMs: number): void {
  let first = Infinity
  let last = -Infinity
  for (const { at } of samples) {
    first = Math.min(first, at)
    last = Math.max(last, at)
  }
  if ((last - first) / intervalMs > mostValues) {
    throw unreadable(what, `it spans more than ${mostValues} intervals of ${intervalMs} ms`)
  }
}

/**
 * Samples at any moments as evenly spaced values: each is the mean of the samples that fall into its interval, and where
 * none does, the value before. Samples need not be in order.
 *
 * @param samples - at least one
 */
export function resampled(
  samples: readonly Sample[],
  intervalMs: number,
): { startAt: number; values: Float64Array } {
  const sorted = samples.toSorted((a, b) => a.at - b.at)
  const startAt = sorted[0]?.at ?? 0
  const count = Math.floor(((sorted.at(-1)?.at ?? startAt) - startAt) / intervalMs) + 1
  const values = new Float64Array(count)
  let next = 0
  let last = sorted[0]?.value ?? 0
  for (let index = 0; index < count; index += 1) {
    const until = startAt + (index + 1) * intervalMs
    let sum = 0
    let found = 0
    for (let sample = sorted[next]; sample !== undefined && sample.at < until; sample = sorted[next]) {
      sum += sample.value
      found += 1
      next += 1
    }
    if (found > 0) last = sum / found
    values[index] = last
  }
  return { startAt, values }
}

/** The middle distance between neighbours; the interval that samples were taken at. */
export function usualDistanceMs(samples: readonly Sample[]): number {
  const times = samples.map(({ at }) => at).toSorted((a, b) => a - b)
  const distances = times.slice(1).map((at, index) => at - (times[index] ?? at))
  const positive = distances.filter((distance) => distance > 0).toSorted((a, b) => a - b)
  return positive[Math.floor(positive.length / 2)] ?? 60_000
}
