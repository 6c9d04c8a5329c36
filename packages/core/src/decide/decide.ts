import type { Json } from '../json.js'
import type { MissingRule, Reading } from '../metrics/metrics.js'
import { ReadingSet } from '../metrics/readings/reading-set.js'
import { resolveMissing } from '../metrics/readings/missing.js'
import type { Observation } from '../model.js'
import { combineExtreme } from '../policies/combine/combine.js'
import { evaluateParts } from '../policies/kit/evaluate.js'
import type { Policy, PolicyTrace, Proposal } from '../policies/policy.js'
import type { FullBehavior } from './behavior.js'
import {
  type Damped,
  type DampingState,
  freshDamping,
  limitRate,
  rememberChange,
  rememberProposal,
  rememberWish,
  seconds,
  shiftDamping,
  stabilise,
} from './damping.js'
import { type DecisionStep, type DecisionTrace, type StepName, summarise } from './trace.js'

/** What stays the same from one decision to the next. */
export interface DecideOptions {
  readonly min: number
  readonly max: number
  /** Evaluated each time; the largest count wins. */
  readonly policies: readonly Policy[]
  readonly behavior: FullBehavior
  /** By metric name; a metric without a rule holds. */
  readonly missing: ReadonlyMap<string, MissingRule>
}

/** What a decision leaves for the next one. Plain JSON. */
export type DecisionState = {
  /** When the last decision was made, epoch milliseconds. */
  readonly at: number
  readonly damping: DampingState
  readonly policies?: Json | undefined
  /** The last known values of metrics whose rule is `last`. */
  readonly lastKnown?: Json | undefined
}

/** What was decided, and what led to it. */
export interface Decision {
  /** Whole number, within min..max. */
  readonly desired: number
  readonly state: DecisionState
  readonly trace: DecisionTrace
}

/**
 * The size the group should have, and why. A pure function: what runs live, in a dry run and in a simulator.
 *
 * The order is that of Kubernetes' HPA: bounds are mended without reading any metric; each policy proposes; the largest
 * count wins, and one that cannot tell blocks a decrease; rolling windows stabilise; cooldown and rate rules limit; bounds clamp.
 */
export function decide(
  options: DecideOptions,
  stored: DecisionState | undefined,
  observation: Observation,
  readings: readonly Reading[],
): Decision {
  const { at: now, desired: current } = observation
  const notes: string[] = []
  const steps: DecisionStep[] = []
  const step = (name: StepName, got: number, { count, why }: Damped): number => {
    steps.push({ step: name, got, gave: count, why })
    return count
  }
  const wentBackMs = stored === undefined ? 0 : Math.max(0, stored.at - now)
  let state = startingState(options, stored, now, current, wentBackMs)
  let policies: readonly PolicyTrace[] = []
  let metrics = new ReadingSet(readings)

  const conclude = (desired: number, reason: string, limitedBy?: StepName): Decision => {
    const damping = rememberChange(state.damping, now, desired - current, options.behavior)
    const outcome = desired > current ? 'scale-out' : desired < current ? 'scale-in' : 'hold'
    return {
      desired,
      state: { ...state, at: now, damping },
      trace: {
        group: observation.group,
        at: now,
        current,
        desired,
        outcome,
        reason,
        ...(limitedBy === undefined ? {} : { limitedBy }),
        metrics: summarise(metrics),
        policies,
        steps,
        notes,
      },
    }
  }

  const bounded = step('bounds', current, mendBounds(current, options))
  if (bounded !== current) return conclude(bounded, lastWhy(steps))

  if (wentBackMs > 0) {
    const why = `the clock went back by ${seconds(wentBackMs)}`
    notes.push(`${why}; windows and cooldowns moved with it`)
    step('combine', current, { count: current, why })
    return conclude(current, why)
  }

  const resolved = resolveMissing({
    readings,
    rules: options.missing,
    instances: observation.instances,
    lastKnown: state.lastKnown,
    now,
  })
  metrics = new ReadingSet(resolved.readings)
  notes.push(...resolved.notes)
  state = { ...state, lastKnown: resolved.lastKnown }
  if (resolved.failed !== undefined) {
    const why = `${resolved.failed.name} is missing and must not be: ${resolved.failed.reason}`
    step('combine', current, { count: current, why })
    return conclude(current, why, 'combine')
  }

  const parts = evaluateParts(options.policies, {
    readings: metrics,
    observation,
    now,
    state: state.policies,
  })
  policies = parts.traces
  state = { ...state, policies: parts.state }
  const proposal = combineExtreme(policies, current, 'largest', Math.max)
  state = { ...state, damping: rememberWish(state.damping, now, proposal, current, options.behavior) }
  if (proposal.kind !== 'count') {
    step('combine', current, { count: current, why: proposal.reason })
    return conclude(current, proposal.reason, proposal.kind === 'cannot-tell' ? 'combine' : undefined)
  }

  const wanted = step('combine', current, { count: proposal.count, why: proposal.reason })
  const steady = step('stabilise', wanted, stabilise(state.damping, now, current, wanted, options.behavior))
  const rated = limitRate(state.damping, now, current, steady, options.behavior)
  const limited = step('rate-limit', steady, holdWhileWarming(rated, observation, options.behavior))
  const desired = step('clamp', limited, clamp(limited, options))
  const limitedBy = steps.findLast(({ step: name, got, gave }) => name !== 'combine' && got !== gave)
  return conclude(desired, reasonOf(proposal, limitedBy), limitedBy?.step)
}

function startingState(
  options: DecideOptions,
  stored: DecisionState | undefined,
  now: number,
  current: number,
  wentBackMs: number,
): DecisionState {
  // Ages measured against a clock that went back would be wrong, so everything remembered moves with it.
  if (stored !== undefined) return { ...stored, damping: shiftDamping(stored.damping, -wentBackMs) }
  // A first decision knows no history; taking the present size as proposed keeps a restart from shrinking at once.
  return { at: now, damping: rememberProposal(freshDamping, now, current, options.behavior) }
}

function mendBounds(count: number, { min, max }: DecideOptions): Damped {
  if (count < min) return { count: min, why: `${count} is below min ${min}; mended without reading metrics` }
  if (count > max) return { count: max, why: `${count} is above max ${max}; mended without reading metrics` }
  return { count, why: `within ${min}..${max}` }
}

/** A fall waits for those that warm up: what they take off the others is not in the metrics yet. */
function holdWhileWarming(
  damped: Damped,
  { desired: current, instances }: Observation,
  { scaleIn }: FullBehavior,
): Damped {
  if (damped.count >= current || scaleIn.whileWarming === 'go') return damped
  const warmingCount = instances.filter(({ state }) => state === 'warming').length
  if (warmingCount === 0) return damped
  return { count: current, why: `scale-in waits while ${instancesWarm(warmingCount)} up` }
}

const instancesWarm = (count: number): string =>
  count === 1 ? '1 instance warms' : `${count} instances warm`

function clamp(count: number, { min, max }: DecideOptions): Damped {
  if (count > max) return { count: max, why: `max is ${max}` }
  if (count < min) return { count: min, why: `min is ${min}` }
  return { count, why: `within ${min}..${max}` }
}

const lastWhy = (steps: readonly DecisionStep[]): string => steps.at(-1)?.why ?? ''

function reasonOf(proposal: Proposal, limitedBy: DecisionStep | undefined): string {
  return limitedBy === undefined ? proposal.reason : `${proposal.reason}; ${limitedBy.why}`
}
