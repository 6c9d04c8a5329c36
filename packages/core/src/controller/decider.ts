import { type Decision, decide } from '../decide/decide.js'
import type { DecisionTrace } from '../decide/trace.js'
import type { MissingRule, Reading } from '../metrics/metrics.js'
import type { TrackedInstance } from '../model.js'
import type { Events } from './events.js'
import type { FullOptions } from './full-options.js'
import type { GroupState } from './group-state.js'

/** Decides for a group, keeps the latest decisions, and tells of each. */
export class Decider {
  readonly #options: FullOptions
  readonly #missing: ReadonlyMap<string, MissingRule>
  readonly #events: Events
  readonly #decisions: DecisionTrace[] = []

  constructor(options: FullOptions, missing: ReadonlyMap<string, MissingRule>, events: Events) {
    this.#options = options
    this.#missing = missing
    this.#events = events
  }

  /** The latest, oldest first. */
  get decisions(): readonly DecisionTrace[] {
    return this.#decisions
  }

  /** The state after one decision. In a dry run, and while scaling is paused, the count stays. */
  decide(state: GroupState, instances: readonly TrackedInstance[], readings: readonly Reading[]): GroupState {
    const { group, min, max, policies, behavior, clock, keepDecisions, dryRun } = this.#options
    const current = state.desired ?? 0
    const observation = { group, at: clock.now(), desired: current, instances }
    const options = { min, max, policies, behavior, missing: this.#missing }
    let decision = decide(options, state.decision, observation, readings)
    if (dryRun) decision = unapplied(decision, state.decision)
    if (state.suspended.has('scaling')) decision = heldAt(current, unapplied(decision, state.decision))
    const { trace } = decision
    this.#decisions.push(trace)
    if (this.#decisions.length > keepDecisions) this.#decisions.shift()
    this.#events.emit('decision', trace)
    if (!dryRun && decision.desired !== current) {
      this.#events.emit('scaled', { from: current, to: decision.desired, reason: trace.reason })
    }
    return { ...state, decision: decision.state, desired: dryRun ? current : decision.desired }
  }
}

/** A decision that is told and not carried out: the changes remembered stay those that were made. */
function unapplied(decision: Decision, before: GroupState['decision']): Decision {
  const changes = before?.damping.changes ?? []
  const damping = { ...decision.state.damping, changes }
  return { ...decision, state: { ...decision.state, damping } }
}

function heldAt(current: number, decision: Decision): Decision {
  const reason = `scaling is paused; else ${decision.desired}: ${decision.trace.reason}`
  const trace = { ...decision.trace, desired: current, outcome: 'hold' as const, reason }
  return { ...decision, desired: current, trace }
}
