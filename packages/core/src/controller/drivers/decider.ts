import { type Decision, decide } from '../../decide/decide.js'
import type { DecisionTrace } from '../../decide/trace.js'
import type { MissingRule, Reading } from '../../metrics/metrics.js'
import type { TrackedInstance } from '../../model.js'
import type { Events } from '../telling/events.js'
import type { FullOptions } from '../options/full-options.js'
import type { GroupState } from '../life/group-state.js'
import { Shadows } from '../shadows/shadows.js'

/** Decides for a group, lets its shadows do the same, and tells of each decision. */
export class Decider {
  readonly #options: FullOptions
  readonly #missing: ReadonlyMap<string, MissingRule>
  readonly #events: Events
  readonly #shadows: Shadows

  constructor(options: FullOptions, missing: ReadonlyMap<string, MissingRule>, events: Events) {
    this.#options = options
    this.#missing = missing
    this.#events = events
    const { min, max, shadows, clock } = options
    this.#shadows = new Shadows({ shadows, bounds: { min, max, missing }, clock })
  }

  /** The state after one decision. In a dry run, and while scaling is paused, the count stays. */
  decide(state: GroupState, instances: readonly TrackedInstance[], readings: readonly Reading[]): GroupState {
    const { group, min, max, policies, behavior, clock, dryRun } = this.#options
    const current = state.desired ?? 0
    const observation = { group, at: clock.now(), desired: current, instances }
    const options = { min, max, policies, behavior, missing: this.#missing }
    let decision = decide(options, state.decision, observation, readings)
    if (dryRun)
      decision = inDryRun(decision, state.decision, (from) =>
        decide(options, state.decision, { ...observation, desired: from }, readings),
      )
    const held = pauseThatHolds(state, decision.desired, max)
    if (held !== undefined) decision = heldAt(current, unapplied(decision, state.decision), held)
    const desired = dryRun ? current : decision.desired
    const shadows = this.#shadows.decide(state.shadows, observation, readings, desired)
    const trace =
      shadows.traces.length === 0 ? decision.trace : { ...decision.trace, shadows: shadows.traces }
    this.#events.emit('decision', trace)
    if (!dryRun && decision.desired !== current) {
      this.#events.emit('scaled', { from: current, to: decision.desired, reason: trace.reason })
    }
    return { ...state, decision: decision.state, shadows: shadows.states, desired }
  }
}

/**
 * A decision that nobody carries out. One that only moved the count into its bounds goes on to the policies from there, as
 * the next tick would: a group that is not there yet is what a dry run is asked about most.
 */
function inDryRun(
  decision: Decision,
  before: GroupState['decision'],
  decideFrom: (count: number) => Decision,
): Decision {
  const { trace } = decision
  const [only] = trace.steps
  const isMended = trace.steps.length === 1 && only?.step === 'bounds' && only.got !== only.gave
  const last = isMended ? decideFrom(decision.desired) : decision
  const { desired } = last
  const outcome: DecisionTrace['outcome'] =
    desired > trace.current ? 'scale-out' : desired < trace.current ? 'scale-in' : 'hold'
  const told = isMended
    ? {
        ...last.trace,
        current: trace.current,
        outcome,
        reason: `${trace.reason}; then ${last.trace.reason}`,
        steps: [...trace.steps, ...last.trace.steps.slice(1)],
      }
    : trace
  return unapplied({ ...last, trace: { ...told, isDryRun: true } }, before)
}

/** A decision that is told and not carried out: the changes remembered stay those that were made. */
function unapplied(decision: Decision, before: GroupState['decision']): Decision {
  const changes = before?.damping.changes ?? []
  const damping = { ...decision.state.damping, changes }
  return { ...decision, state: { ...decision.state, damping } }
}

/**
 * Why the count stays where it is. While nothing may be terminated it does not fall: what it fell by would be ended at the
 * moment of the resume, by a decision that is long past.
 */
function pauseThatHolds(
  { suspended, desired: current = 0 }: GroupState,
  wanted: number,
  max: number,
): string | undefined {
  if (suspended.has('scaling')) return 'scaling is paused'
  const isFall = wanted < current && current <= max
  return isFall && suspended.has('terminate') ? 'terminate is paused' : undefined
}

function heldAt(current: number, decision: Decision, why: string): Decision {
  const reason = `${why}; else ${decision.desired}: ${decision.trace.reason}`
  const held = { ...decision.trace, desired: current, outcome: 'hold' as const, reason }
  if (decision.desired === current) return { ...decision, trace: held }
  const step = { step: 'paused', got: decision.desired, gave: current, why } as const
  const trace = { ...held, limitedBy: step.step, steps: [...held.steps, step] }
  return { ...decision, desired: current, trace }
}
