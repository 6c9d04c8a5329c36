/** The ways to forecast that compete. */
export const forecasters = ['level', 'trend', 'last', 'slow', 'peak', 'high'] as const
export type Forecaster = (typeof forecasters)[number]

/** How much of the way to a new value the level moves: `last` nearly all, `slow` averages noise out. */
const alphas: Readonly<Record<Forecaster, number>> = {
  level: 0.5,
  trend: 0.5,
  last: 0.9,
  slow: 0.2,
  peak: 0.5,
  high: 0.5,
}

/** Of each surprise, this share goes into the slope, and the slope fades by `fading` an interval. */
const slopeShare = 0.075
const fading = 0.9

/** `peak` remembers the highest of ten minutes, and `high` of two hours, in so many slots of so many milliseconds. */
const slotCount = 10
export const slotsMs: Readonly<Partial<Record<Forecaster, number>>> = { peak: 60_000, high: 720_000 }

/** No load, in instances: below it, errors would be shares of nothing. */
const floor = 0.02

/** What a forecaster has seen, in instances working flat out. */
export type Course = {
  level: number
  /** Per interval. */
  slope: number
  /** Slot and highest level in it, oldest first; of `peak` and `high` only. */
  peaks: [number, number][]
}

export const newCourse = (load: number): Course => ({ level: load, slope: 0, peaks: [] })

/** The course with one more value in it. */
export function advance(kind: Forecaster, course: Course, load: number, now: number): Course {
  const alpha = alphas[kind]
  if (kind === 'trend') {
    const expected = course.level + fading * course.slope
    const surprise = load - expected
    return {
      level: expected + alpha * surprise,
      slope: fading * course.slope + slopeShare * surprise,
      peaks: [],
    }
  }
  const level = course.level + alpha * (load - course.level)
  const slotMs = slotsMs[kind]
  return {
    level,
    slope: 0,
    peaks: slotMs === undefined ? [] : withPeak(course.peaks, level, Math.floor(now / slotMs)),
  }
}

/**
 * The load to expect.
 *
 * @param intervals - how far ahead, in intervals of `advance`; >= 0
 * @see E. S. Gardner, Exponential smoothing: the state of the art, Journal of Forecasting 4 (1985), for the damped trend
 */
export function forecast(course: Course, intervals: number): number {
  // The sum of fading^1 .. fading^intervals, for any real number of them.
  const reach = (fading * (1 - fading ** Math.max(0, intervals))) / (1 - fading)
  let expected = course.level + course.slope * reach
  for (const [, height] of course.peaks) expected = Math.max(expected, height)
  return Math.max(floor, expected)
}

function withPeak(peaks: Course['peaks'], level: number, slot: number): Course['peaks'] {
  // After a clock that went back, slots of the future would never leave.
  const kept = peaks.filter(([at]) => at <= slot && at > slot - slotCount)
  const last = kept.at(-1)
  if (last?.[0] === slot) return [...kept.slice(0, -1), [slot, Math.max(last[1], level)]]
  return [...kept, [slot, level]]
}
