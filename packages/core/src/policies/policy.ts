import type { Json } from '../json.js'
import type { ReadingSet } from '../metrics/readings/reading-set.js'
import type { Observation } from '../model.js'

/**
 * What one policy would have.
 *
 * - `count`: run this many, and why
 * - `no-opinion`: nothing to say now (outside its schedule, say); the others decide
 * - `cannot-tell`: what it needs is missing; blocks a decrease, never an increase
 */
export type Proposal =
  | { readonly kind: 'count'; readonly count: number; readonly reason: string }
  | {
      readonly kind: 'no-opinion'
      readonly reason: string
      /** It is not asked at this time, and has no vote where others are counted: outside its schedule. */
      readonly isOutside?: boolean | undefined
    }
  | {
      readonly kind: 'cannot-tell'
      readonly reason: string
      /** The policy itself is at fault, not what it reads: it threw, or proposed what is no count. Set by who evaluates it. */
      readonly failed?: boolean | undefined
    }

/** What a policy decides from. */
export interface PolicyInput {
  readonly readings: ReadingSet
  readonly observation: Observation
  /** Epoch milliseconds. */
  readonly now: number
  /** What this policy returned as `state` last time; undefined the first time, or after its state was lost. */
  readonly state: Json | undefined
}

/** A proposal with what led to it. */
export interface Evaluation {
  readonly proposal: Proposal
  /** To be handed back next time. Plain JSON; leave it out when the policy keeps none. */
  readonly state?: Json | undefined
  /** The evaluations of the policies it is made of, for the trace. */
  readonly parts?: readonly PolicyTrace[] | undefined
}

/** One policy's line in the trace. */
export interface PolicyTrace {
  readonly policy: string
  readonly proposal: Proposal
  readonly parts?: readonly PolicyTrace[] | undefined
}

/** A value that a policy compares a metric with. */
export interface Comparison {
  readonly metric: string
  readonly value: number
  /** The constructor and option that it stands in: `targetTracking: target`. */
  readonly option: string
}

/**
 * A rule for the size of the group. The promises:
 *
 * 1. `evaluate` is a pure function of its input: no clock, no I/O, no memory but `state`; the same input gives the same
 *    evaluation. It never changes its input.
 * 2. A count is a whole number >= 0, and comes with its reason in words and numbers.
 * 3. A reading that is missing makes it `cannot-tell`, never a smaller count.
 * 4. `state` is plain JSON: stored and read back, it continues exactly.
 */
export interface Policy {
  readonly name: string
  /** The metrics it reads, so that one that no source gives is refused at construction. */
  readonly metrics: readonly string[]
  /** Those it reads where a source gives them, and does without elsewhere. None of `metrics`. */
  readonly optionalMetrics?: readonly string[] | undefined
  /** The values that it compares metrics with, so that one in another unit is refused at construction. */
  readonly compared?: readonly Comparison[] | undefined
  /** True when it damps itself: what the user leaves out of the group's `behavior` is then no damping, instead of HPA's. */
  readonly dampsItself?: boolean | undefined
  /** What it would have now, and what it wants to remember. A pure function: see the promises above. */
  evaluate(input: PolicyInput): Evaluation
  /**
   * Its own state after the clock was set ahead by `byMs`, with every time in it moved along, so that ages stay what they
   * were. Left out by a policy whose state has no times. A clock that was set back is not told: times ahead of `now`
   * count as now.
   */
  shiftState?(state: Json, byMs: number): Json | undefined
}
