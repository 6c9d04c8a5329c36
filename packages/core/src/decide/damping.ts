import type { Proposal } from '../policies/policy.js'
import type { Direction, FullBehavior, RateRule } from './behavior.js'

/**
 * What damping remembers, as plain JSON: pairs of (epoch milliseconds, number), oldest first. Entries older than the
 * longest window or period are dropped at each step, so it stays small.
 */
export type DampingState = {
  /** Undamped proposals. */
  readonly proposals: readonly (readonly [at: number, count: number])[]
  /** Changes made: positive out, negative in. */
  readonly changes: readonly (readonly [at: number, delta: number])[]
}

export const freshDamping: DampingState = { proposals: [], changes: [] }

/** A count after one step, with why it is what it is. */
export interface Damped {
  readonly count: number
  readonly why: string
}

/**
 * The state with what a policy would have: without an opinion, the size there is. What cannot tell leaves nothing.
 *
 * @param current - the size there is
 */
export function rememberWish(
  state: DampingState,
  now: number,
  proposal: Proposal,
  current: number,
  behavior: FullBehavior,
): DampingState {
  if (proposal.kind === 'cannot-tell') return state
  return rememberProposal(state, now, proposal.kind === 'count' ? proposal.count : current, behavior)
}

/** The state with one more count proposed. */
export function rememberProposal(
  state: DampingState,
  now: number,
  count: number,
  behavior: FullBehavior,
): DampingState {
  const longestMs = Math.max(behavior.scaleOut.windowMs, behavior.scaleIn.windowMs)
  return { ...state, proposals: [...younger(state.proposals, now, longestMs), [now, count]] }
}

/** The state with one more change; a change of 0 is none. */
export function rememberChange(
  state: DampingState,
  now: number,
  delta: number,
  behavior: FullBehavior,
): DampingState {
  const kept = younger(state.changes, now, longestPeriodMs(behavior))
  if (delta === 0) return kept.length === state.changes.length ? state : { ...state, changes: kept }
  return { ...state, changes: [...kept, [now, delta]] }
}

/**
 * The proposal moved no further than the whole window agrees: a rise goes to the lowest count proposed within the
 * scale-out window, a fall to the highest within the scale-in window. `state` must hold the proposal itself.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#stabilization-window
 */
export function stabilise(
  state: DampingState,
  now: number,
  current: number,
  proposed: number,
  behavior: FullBehavior,
): Damped {
  let lowest = proposed
  let highest = proposed
  for (const [at, count] of state.proposals) {
    if (at > now - behavior.scaleOut.windowMs) lowest = Math.min(lowest, count)
    if (at > now - behavior.scaleIn.windowMs) highest = Math.max(highest, count)
  }
  let count = current
  if (count < lowest) count = lowest
  if (count > highest) count = highest
  if (count === proposed) return { count, why: 'the window agrees' }
  const { windowMs } = proposed > current ? behavior.scaleOut : behavior.scaleIn
  const extreme = proposed > current ? `as low as ${lowest}` : `as high as ${highest}`
  return { count, why: `within the last ${seconds(windowMs)} a count ${extreme} was proposed` }
}

/**
 * The count moved no further than the cooldown and the rate rules of its direction allow.
 *
 * A rule looks back over its period: from the size at the period's start, `count` allows that many more (or fewer), and
 * `percent` rounds a rise up and a fall down.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#scaling-policies
 */
export function limitRate(
  state: DampingState,
  now: number,
  current: number,
  wanted: number,
  behavior: FullBehavior,
): Damped {
  if (wanted === current) return { count: current, why: 'no change to limit' }
  const isOut = wanted > current
  const direction = isOut ? behavior.scaleOut : behavior.scaleIn
  const name = isOut ? 'scale-out' : 'scale-in'
  if (direction.select === 'disabled') return { count: current, why: `${name} is disabled` }

  const leftMs = cooldownLeftMs(state, now, direction, behavior)
  if (leftMs > 0) return { count: current, why: `${name} cools down for ${seconds(leftMs)} more` }

  const limit = rateLimit(state, now, current, direction, isOut)
  const count = isOut
    ? Math.min(wanted, Math.max(limit, current))
    : Math.max(wanted, Math.min(limit, current))
  if (count === wanted) return { count, why: 'within the rate rules' }
  return { count, why: `the ${name} rules allow ${count} now: ${direction.rates.map(ruleText).join(', ')}` }
}

function cooldownLeftMs(
  { changes }: DampingState,
  now: number,
  direction: Direction,
  { scaleOut, scaleIn }: FullBehavior,
): number {
  const last = changes.at(-1)
  if (last === undefined) return 0
  const [at, delta] = last
  const after = delta > 0 ? scaleOut : scaleIn
  return Math.max(direction.cooldownMs, after.cooldownAfterMs) - (now - at)
}

/** The state with every time moved, after the clock was set. */
export function shiftDamping(damping: DampingState, byMs: number): DampingState {
  if (byMs === 0) return damping
  return {
    proposals: damping.proposals.map(([at, count]) => [at + byMs, count] as const),
    changes: damping.changes.map(([at, delta]) => [at + byMs, delta] as const),
  }
}

function rateLimit(
  state: DampingState,
  now: number,
  current: number,
  direction: Direction,
  isOut: boolean,
): number {
  if (direction.rates.length === 0) return isOut ? Infinity : 0
  const limits = direction.rates.map((rule) => {
    const start = current - netChange(state, now, rule.periodMs)
    const step = 'count' in rule ? rule.count : (start * rule.percent) / 100
    if (isOut) return 'count' in rule ? start + step : Math.ceil(start + step - epsilon)
    return 'count' in rule ? start - step : Math.trunc(start - step + epsilon)
  })
  const furthest = isOut ? Math.max : Math.min
  const nearest = isOut ? Math.min : Math.max
  return direction.select === 'max' ? furthest(...limits) : nearest(...limits)
}

/** 50 x 1.1 is 55.00000000000001 in binary: without this, rounding up would make it 56. */
const epsilon = 1e-9

function netChange(state: DampingState, now: number, periodMs: number): number {
  let net = 0
  for (const [at, delta] of state.changes) if (at > now - periodMs) net += delta
  return net
}

function longestPeriodMs({ scaleOut, scaleIn }: FullBehavior): number {
  const periods = [...scaleOut.rates, ...scaleIn.rates].map((rule) => rule.periodMs)
  const cooldowns = [scaleOut, scaleIn].flatMap((each) => [each.cooldownMs, each.cooldownAfterMs])
  return Math.max(...cooldowns, ...periods)
}

function younger<Entry extends readonly [number, number]>(
  entries: readonly Entry[],
  now: number,
  ageMs: number,
): readonly Entry[] {
  return entries.filter(([at]) => at > now - ageMs)
}

function ruleText(rule: RateRule): string {
  return `${'count' in rule ? rule.count : `${rule.percent} %`} per ${seconds(rule.periodMs)}`
}

/** A duration for people: `15 s`, `0.5 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
