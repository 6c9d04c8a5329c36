import type { Clock } from '../../clock.js'
import type { FullBehavior } from '../../decide/behavior.js'
import { freshDamping, rememberChange } from '../../decide/damping.js'
import { type DecideOptions, type DecisionState, decide } from '../../decide/decide.js'
import type { DecisionTrace, ShadowTrace } from '../../decide/trace.js'
import { messageOf } from '../../errors.js'
import type { Reading } from '../../metrics/metrics.js'
import type { Observation } from '../../model.js'
import type { Policy } from '../../policies/policy.js'

/** What each shadow remembers, by its name. */
export type ShadowStates = ReadonlyMap<string, DecisionState>

/** Policies that only watch. */
export interface Shadow {
  readonly name: string
  readonly policies: readonly Policy[]
  readonly behavior: FullBehavior
}

export interface ShadowsOptions {
  readonly shadows: readonly Shadow[]
  readonly bounds: Omit<DecideOptions, 'policies' | 'behavior'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** A shadow may take this share of the time; one that took longer rests until it is so again. */
const mostShare = 0.01
/** The longest state, and the longest trace, of one shadow, in characters of JSON: many times those of `adaptive`. */
const mostLength = 100_000

/**
 * Asks policies beside the active one what they would decide. Whatever they do short of never returning, they disturb
 * nothing: they are asked after the active decision, with copies that cannot be changed; what they throw is in their
 * trace; and what they give is copied, or forgotten when it is too long or no JSON.
 */
export class Shadows {
  readonly #options: ShadowsOptions
  readonly #restUntil = new Map<string, number>()

  constructor(options: ShadowsOptions) {
    this.#options = options
  }

  /** @param decided - the count that the group has from now on */
  decide(
    states: ShadowStates,
    observation: Observation,
    readings: readonly Reading[],
    decided: number,
  ): { readonly states: ShadowStates; readonly traces: readonly ShadowTrace[] } {
    const { shadows } = this.#options
    if (shadows.length === 0) return { states: new Map(), traces: [] }
    const frozen = frozenObservation(observation)
    const frozenReadings = Object.freeze(readings.map((reading) => Object.freeze({ ...reading })))
    const next = new Map<string, DecisionState>()
    const traces = shadows.map((shadow) => {
      const before = states.get(shadow.name)
      const { state, trace } = this.#ask(shadow, before, frozen, frozenReadings, decided)
      if (state !== undefined) next.set(shadow.name, state)
      return trace
    })
    return { states: next, traces }
  }

  #ask(
    shadow: Shadow,
    before: DecisionState | undefined,
    observation: Observation,
    readings: readonly Reading[],
    decided: number,
  ): { readonly state: DecisionState | undefined; readonly trace: ShadowTrace } {
    const { bounds, clock } = this.#options
    const { name, policies, behavior } = shadow
    const startMs = clock.monotonic()
    const restMs = (this.#restUntil.get(name) ?? -Infinity) - startMs
    if (restMs > 0) {
      const reason = `it was slow, and rests for ${Math.ceil(restMs / 1000)} s more`
      return { state: before, trace: held(name, observation.desired, reason) }
    }
    try {
      const { state, trace } = decide({ ...bounds, policies, behavior }, before, observation, readings)
      // Its own changes are never made; those that count against its rates and cooldowns are the group's.
      const changes = { ...state.damping, changes: before?.damping.changes ?? freshDamping.changes }
      const delta = decided - observation.desired
      const damping = rememberChange(changes, observation.at, delta, behavior)
      return {
        state: inert({ ...state, damping }, 'its state'),
        trace: inert(shadowTrace(name, trace), 'its trace'),
      }
    } catch (error) {
      return { state: undefined, trace: held(name, observation.desired, `it failed: ${messageOf(error)}`) }
    } finally {
      const tookMs = clock.monotonic() - startMs
      this.#restUntil.set(name, startMs + tookMs / mostShare)
    }
  }
}

function shadowTrace(name: string, trace: DecisionTrace): ShadowTrace {
  const { desired, outcome, reason, limitedBy, policies, steps, notes } = trace
  const limit = limitedBy === undefined ? {} : { limitedBy }
  return { name, desired, outcome, reason, ...limit, policies, steps, notes }
}

function held(name: string, desired: number, reason: string): ShadowTrace {
  return { name, desired, outcome: 'hold', reason, policies: [], steps: [], notes: [] }
}

/** A copy that is plain JSON and no longer anybody else's, as it will be read back. */
function inert<T extends object>(value: T, what: string): T {
  const text = JSON.stringify(value)
  if (text.length > mostLength) throw new Error(`${what} is longer than ${mostLength} characters`)
  return JSON.parse(text) as T
}

function frozenObservation(observation: Observation): Observation {
  const instances = observation.instances.map((instance) => {
    const { address } = instance
    const own = address === undefined ? {} : { address: Object.freeze({ ...address }) }
    return Object.freeze({ ...instance, ...own })
  })
  return Object.freeze({ ...observation, instances: Object.freeze(instances) })
}
