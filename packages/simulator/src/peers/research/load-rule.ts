import type { Json, Policy } from '@flotilla/core'
import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { brief, ofGroup, undamped } from '../seen.js'
import type { Contender } from '../../replay/contender.js'

/** The classical autoscalers know what one instance carries. */
export interface CapacityOptions {
  /** Requests per second that one instance is reckoned to carry; default 38.2, which one of twenty default instances
   * serves in time (flat out: 40). */
  readonly ratePerInstance?: number | undefined
}

const schema = v.strictObject({ ratePerInstance: v.optional(check.positiveNumber()) })

/** What a classical autoscaler decides from. */
export interface Sight<State> {
  /** Instances that the load would fill: load / capacity. */
  readonly load: number
  /** The same in whole instances. */
  readonly needed: number
  /** The count now held. */
  readonly current: number
  /** Epoch milliseconds. */
  readonly now: number
  readonly state: State
}

/** Its answer, with what it wants to know next time. */
export interface Answer<State> {
  readonly count: number
  readonly state: State
}

/** One of them, as a contender. Its state must be plain JSON. */
export function loadRule<State>(
  name: string,
  source: string,
  options: CapacityOptions,
  first: State,
  answer: (sight: Sight<State>) => Answer<State>,
): Contender {
  const { ratePerInstance = 38.2 } = checkOptions(name, schema, options)
  const policy: Policy = {
    name,
    metrics: ['http.request_rate'],
    evaluate(input) {
      const state = input.state === undefined ? first : (input.state as unknown as State)
      const seen = ofGroup(input, 'http.request_rate')
      if (!seen.has) return { proposal: seen.proposal, state: state as unknown as Json }
      const load = seen.value / ratePerInstance
      const needed = Math.ceil(load)
      const { now, observation } = input
      const given = answer({ load, needed, current: observation.desired, now, state })
      const count = Math.max(0, Math.ceil(given.count - 1e-9))
      const reason = `a load of ${brief(load)} instances`
      return { proposal: { kind: 'count', count, reason }, state: given.state as unknown as Json }
    },
  }
  return { name, policy, behavior: undamped, source }
}
