import { type Errors, type Margin, cheapestClass, loadBeyond, marginOf, type worseShares } from './margin.js'
import type { Scale } from './track-record.js'

/** A forecaster and what its errors are a share of, with the errors seen. */
export interface Candidate {
  /** The forecaster's place in their order. */
  readonly forecaster: number
  readonly scale: Scale
  readonly errors: Errors
}

/** A way to provide: which forecaster to follow, with which margin of which scale. */
export interface Plan {
  readonly forecaster: number
  readonly scale: Scale
  readonly margin: Margin
  /** What a unit of load that met too few instances was taken to cost, in units of load carried. */
  readonly shortageCost: number
}

/** Finds the plan that would have been cheapest over the errors seen; the first of equals. */
export type Planner = (shortageCost: number) => Plan

const noPlan = {
  forecaster: 0,
  scale: 'load',
  margin: { share: 0, lateShare: 0, spending: 1, costRatio: 1 },
} as const

/**
 * A planner over these candidates. The share of each is found once, and each price asks for little more than a look.
 *
 * @param worse - how much worse than seen errors may come
 */
export function plannerFor(candidates: readonly Candidate[], worse: keyof typeof worseShares): Planner {
  const known = candidates.map((candidate) => ({ candidate, beyond: loadBeyond(candidate.errors, worse) }))
  return (shortageCost) => {
    let best = Infinity
    let plan: Plan = { ...noPlan, shortageCost }
    for (const { candidate, beyond } of known) {
      const { forecaster, scale, errors } = candidate
      const margin = marginOf(errors, beyond, cheapestClass(errors, beyond, shortageCost))
      const cost = margin.spending + shortageCost * margin.lateShare
      if (cost >= best) continue
      best = cost
      plan = { forecaster, scale, margin, shortageCost }
    }
    return plan
  }
}
