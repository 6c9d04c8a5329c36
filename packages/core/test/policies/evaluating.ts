import type { Evaluation, Json, Policy, Proposal, Reading } from '../../src/index.js'
import type { LifecycleState, Observation } from '../../src/index.js'
import { at, instance, observe, ofGroup, set } from '../observations.js'

/** A proposal as one word or number: a count, or its kind. */
export const verdictOf = (proposal: Proposal): number | string =>
  proposal.kind === 'count' ? proposal.count : proposal.kind

/** One evaluation of a policy. */
export function evaluate(
  policy: Policy,
  readings: readonly Reading[],
  observation: Observation = observe(2, 2),
  now: number = at,
  state?: Json,
): Evaluation {
  return policy.evaluate({ readings: set(...readings), observation, now, state })
}

export const verdict = (
  policy: Policy,
  readings: readonly Reading[],
  observation?: Observation,
  now?: number,
  state?: Json,
): number | string => verdictOf(evaluate(policy, readings, observation, now, state).proposal)

/** A group of so many instances in each state. */
export function group(desired: number, states: Partial<Record<LifecycleState, number>>): Observation {
  const instances = Object.entries(states).flatMap(([state, count]) =>
    Array.from({ length: count }, (_, index) => instance(`${state}-${index}`, state as LifecycleState)),
  )
  return { group: 'web', at, desired, instances }
}

/** A policy that says the same each time. */
export const says = (name: string, proposal: Proposal): Policy => ({
  name,
  metrics: [],
  evaluate: () => ({ proposal }),
})
export const blind: Policy = says('blind', { kind: 'cannot-tell', reason: 'no metric' })
export const silent: Policy = says('silent', { kind: 'no-opinion', reason: 'not now' })

/** A policy over time: each tick's value of one group metric, the count it made of it, and the group that followed. */
export function follow(
  policy: Policy,
  metric: string,
  ticks: readonly (readonly [atS: number, value: number | undefined])[],
  start: number,
): readonly (number | string)[] {
  let desired = start
  let state: Json | undefined
  return ticks.map(([atS, value]) => {
    const now = at + atS * 1000
    const reading = { ...ofGroup(metric, value), at: now }
    const { proposal, state: next } = evaluate(policy, [reading], observe(desired, desired), now, state)
    state = next === undefined ? undefined : (JSON.parse(JSON.stringify(next)) as Json)
    if (proposal.kind === 'count') desired = proposal.count
    return verdictOf(proposal)
  })
}
