import type { Json, PolicyInput } from '@flotilla/core'
import type { Seen } from '../seen.js'

/** One-minute means of a metric, as CloudWatch keeps them. Plain JSON. */
export interface MinutePoints {
  /** The minute being filled, counted from the epoch. */
  readonly minute: number
  readonly sum: number
  readonly count: number
  /** Full minutes, the newest last. A minute without a sample is left out, as AWS treats missing data. */
  readonly complete: readonly number[]
}

const noPoints: MinutePoints = { minute: 0, sum: 0, count: 0, complete: [] }

export function pointsFrom(state: Json | undefined): MinutePoints {
  return state === undefined ? noPoints : (state as unknown as MinutePoints)
}

/** The points with this moment's sample, and whether a minute has just been completed. */
export function withSample(
  points: MinutePoints,
  input: Pick<PolicyInput, 'now'>,
  seen: Seen,
  keep: number,
): { readonly points: MinutePoints; readonly isNew: boolean } {
  const minute = Math.floor(input.now / 60_000)
  const isNew = minute !== points.minute && points.count > 0
  const complete = isNew ? [...points.complete, points.sum / points.count].slice(-keep) : points.complete
  const begun = minute === points.minute ? points : { sum: 0, count: 0 }
  const sum = begun.sum + (seen.has ? seen.value : 0)
  const count = begun.count + (seen.has ? 1 : 0)
  return { points: { minute, sum, count, complete }, isNew }
}
