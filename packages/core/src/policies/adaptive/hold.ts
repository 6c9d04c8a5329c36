import { lowCost } from './steering.js'

/** Needs of the recent past: time, and count. Each is larger than all after it; smaller ones can never matter. */
export type Needs = [number, number][]

/** How long a need holds scale-in at least, so that noise in one reading ends nothing … */
const leastHoldMs = 30_000
/** … and this share of the time to start longer: what is slow to come back is kept over longer dips. */
const startShare = 0.5

/**
 * How long a need holds scale-in: a dip shorter than this keeps its instances. The dearer a shortage is now, the longer,
 * by its cube root: three times as long when it is the dearest.
 */
export const holdMsFor = (startMs: number, shortageCost: number): number =>
  (leastHoldMs + startShare * startMs) * Math.cbrt(Math.max(1, shortageCost / lowCost))

/** A clock finer than a second would keep more, to no use. */
const mostKept = 60

/** The needs with this one in them, and without those that are past. */
export function withNeed(needs: Needs, count: number, now: number, heldMs: number): Needs {
  const kept: Needs = needs
    // What is of a later time was seen before the clock went back.
    .map(([at, need]): [number, number] => [Math.min(at, now), need])
    .filter(([at, need]) => at > now - heldMs && need > count)
  return [...kept, [now, count] satisfies [number, number]].slice(-mostKept)
}

/** The count to keep: growth at once, and shrinking no further than the largest need that still holds. */
export function heldCount(needs: Needs, need: number, current: number): number {
  if (need >= current) return need
  let largest = need
  for (const [, count] of needs) largest = Math.max(largest, count)
  return Math.min(largest, current)
}
