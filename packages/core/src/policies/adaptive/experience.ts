/** How the group fared, in sums over load that fade: what the margin is steered by. */
export type Experience = {
  load: number
  /** The part of it that met too few instances. */
  late: number
  /** The part of it that the plans in force led to expect late. */
  expectedLate: number
  /** Intervals in these sums. */
  intervals: number
}

/** Intervals remembered: most of a day at 15 s. A goal is kept over days, not over the hour that went wrong. */
const memory = 4000

/** What is believed at first, as if so many intervals had been seen: careful until it is seen to be easy. */
const believedIntervals = 100
const believedLate = 0.006

export function believedExperience(load: number): Experience {
  const sum = believedIntervals * Math.max(load, 0.5)
  return { load: sum, late: believedLate * sum, expectedLate: 0, intervals: believedIntervals }
}

/**
 * The same with one more interval.
 *
 * @param lateShare - of the load that met too few instances, 0..1
 * @param expectedShare - the same, as the plan in force has it
 */
export function withInterval(
  known: Experience,
  load: number,
  lateShare: number,
  expectedShare: number,
): Experience {
  const fading = 1 - 1 / memory
  return {
    load: known.load * fading + load,
    late: known.late * fading + lateShare * load,
    expectedLate: known.expectedLate * fading + expectedShare * load,
    intervals: known.intervals * fading + 1,
  }
}
