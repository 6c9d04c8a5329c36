import * as v from 'valibot'
import { finiteNumber, milliseconds, wholeNumber } from '../options/checks.js'
import type { Policy } from '../policies/policy.js'

/** At most so many instances, or so many percent of the group, within a rolling period. */
export type RateRule =
  | { readonly count: number; readonly periodMs: number }
  | { readonly percent: number; readonly periodMs: number }

/** How changes in one direction are damped. */
export interface DirectionBehavior {
  /**
   * Stabilisation: a rise must have been proposed at every evaluation of the last `windowMs`, and goes no higher than
   * the lowest of them; a fall likewise no lower than the highest. Milliseconds.
   */
  readonly windowMs?: number | undefined
  /** Rate limits; an empty list is no limit. */
  readonly rates?: readonly RateRule[] | undefined
  /** Which rule counts: the one that allows the most (`max`), the least (`min`), or no change at all (`disabled`). */
  readonly select?: 'max' | 'min' | 'disabled' | undefined
  /** Time that must have passed since the last change, in either direction, before one in this. Milliseconds. */
  readonly cooldownMs?: number | undefined
  /** Time after a change in this direction in which there is none in either: Nomad's cooldown. Milliseconds. */
  readonly cooldownAfterMs?: number | undefined
}

export interface ScaleInBehavior extends DirectionBehavior {
  /**
   * What a fall does while instances warm up: wait until they have (`hold`, as EC2 does: what they will take off the others
   * is not measured yet), or not (`go`). Default `hold`; it makes a difference only with a `warmupMs`.
   */
  readonly whileWarming?: 'hold' | 'go' | undefined
}

/**
 * How the group may move. The names and the defaults are those of Kubernetes' HPA: up at once, by 4 or 100 % per 15 s,
 * whichever is more; down when 300 s agree. The cooldowns (default 0) and `whileWarming` are not of
 * Kubernetes.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
 */
export interface Behavior {
  readonly scaleOut?: DirectionBehavior | undefined
  readonly scaleIn?: ScaleInBehavior | undefined
}

/** A direction with every default filled in. */
export interface Direction {
  readonly windowMs: number
  readonly rates: readonly RateRule[]
  readonly select: 'max' | 'min' | 'disabled'
  readonly cooldownMs: number
  readonly cooldownAfterMs: number
}

/** A behavior with every default filled in. */
export interface FullBehavior {
  readonly scaleOut: Direction
  readonly scaleIn: Direction & { readonly whileWarming: 'hold' | 'go' }
}

/** What damps a group that says nothing of it: the defaults of Kubernetes' Horizontal Pod Autoscaler. */
export const behaviorDefaults: FullBehavior = {
  scaleOut: {
    windowMs: 0,
    rates: [
      { percent: 100, periodMs: 15_000 },
      { count: 4, periodMs: 15_000 },
    ],
    select: 'max',
    cooldownMs: 0,
    cooldownAfterMs: 0,
  },
  scaleIn: {
    windowMs: 300_000,
    rates: [{ percent: 100, periodMs: 15_000 }],
    select: 'max',
    cooldownMs: 0,
    cooldownAfterMs: 0,
    whileWarming: 'hold',
  },
}

/** No damping at all: what a part of a composed policy starts from. */
export const undamped: FullBehavior = {
  scaleOut: { windowMs: 0, rates: [], select: 'max', cooldownMs: 0, cooldownAfterMs: 0 },
  scaleIn: {
    windowMs: 0,
    rates: [],
    select: 'max',
    cooldownMs: 0,
    cooldownAfterMs: 0,
    whileWarming: 'go',
  },
}

const direction = {
  windowMs: v.optional(milliseconds()),
  rates: v.optional(
    v.array(
      v.union(
        [
          v.strictObject({ count: wholeNumber(1), periodMs: milliseconds(1) }),
          v.strictObject({ percent: finiteNumber(0), periodMs: milliseconds(1) }),
        ],
        'a rule such as { count: 4, periodMs: 15000 } or { percent: 100, periodMs: 15000 }',
      ),
      'a list of rate rules',
    ),
  ),
  select: v.optional(v.picklist(['max', 'min', 'disabled'])),
  cooldownMs: v.optional(milliseconds()),
  cooldownAfterMs: v.optional(milliseconds()),
}

/** What `Behavior` must look like. */
export const behaviorEntries: {
  readonly scaleOut: v.GenericSchema<Behavior['scaleOut']>
  readonly scaleIn: v.GenericSchema<Behavior['scaleIn']>
} = {
  scaleOut: v.optional(v.strictObject(direction)),
  scaleIn: v.optional(v.strictObject({ ...direction, whileWarming: v.optional(v.picklist(['hold', 'go'])) })),
}

/** Schema of a `Behavior`, for options of a policy or of a group. */
export const behaviorSchema: v.GenericSchema<Behavior> = v.strictObject(behaviorEntries)

/**
 * The behavior of a group with these policies: what was left out is HPA's, or no damping where every policy damps itself.
 */
export function behaviorFor(
  policies: readonly Pick<Policy, 'dampsItself'>[],
  given?: Behavior,
): FullBehavior {
  return fullBehavior(
    given,
    policies.every(({ dampsItself }) => dampsItself === true) ? undamped : behaviorDefaults,
  )
}

/** Fills in what the caller left out. */
export function fullBehavior(
  behavior: Behavior = {},
  defaults: FullBehavior = behaviorDefaults,
): FullBehavior {
  return {
    scaleOut: fullDirection(behavior.scaleOut, defaults.scaleOut),
    scaleIn: {
      ...fullDirection(behavior.scaleIn, defaults.scaleIn),
      whileWarming: behavior.scaleIn?.whileWarming ?? defaults.scaleIn.whileWarming,
    },
  }
}

function fullDirection(given: DirectionBehavior = {}, defaults: Direction): Direction {
  return {
    windowMs: given.windowMs ?? defaults.windowMs,
    rates: given.rates ?? defaults.rates,
    select: given.select ?? defaults.select,
    cooldownMs: given.cooldownMs ?? defaults.cooldownMs,
    cooldownAfterMs: given.cooldownAfterMs ?? defaults.cooldownAfterMs,
  }
}
