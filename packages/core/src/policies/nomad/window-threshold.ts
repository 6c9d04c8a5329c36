import * as v from 'valibot'
import { checkOptions, invalidOption } from '../../options/check-options.js'
import { finiteNumber, milliseconds, text, wholeNumber } from '../../options/checks.js'
import { seconds } from '../../decide/damping.js'
import type { Json } from '../../json.js'
import { comparedWith } from '../kit/declared.js'
import type { Policy, Proposal } from '../policy.js'
import { brief, comingCountOf, roundUp, wholeCount } from '../kit/read.js'
import { shrinkOnlyInFullView, singleValue } from '../kit/single-value.js'
import { shiftRows } from '../kit/stored-state.js'
import { type Form, optionsForm } from '../../options/form.js'

/** Options of `windowThreshold()`. */
export interface WindowThresholdOptions {
  readonly metric: string
  /** A point counts from here up, this value included. */
  readonly lower?: number | undefined
  /** A point counts up to here, this value left out. */
  readonly upper?: number | undefined
  /** How far back points count; 120 000 by default. */
  readonly windowMs?: number | undefined
  /** How many points of the window must count; they need not follow one another. 5 by default. */
  readonly trigger?: number | undefined
  /** What then happens, one of three: so many more (or fewer, when negative), … */
  readonly delta?: number | undefined
  /** … so many percent more or fewer, rounded up, … */
  readonly percent?: number | undefined
  /** … or this count. */
  readonly value?: number | undefined
}

const defaults = { windowMs: 120_000, trigger: 5 } as const

const schema = v.strictObject({
  metric: text(),
  lower: v.optional(finiteNumber()),
  upper: v.optional(finiteNumber()),
  windowMs: v.optional(milliseconds(1)),
  trigger: v.optional(wholeNumber(1, 3600)),
  delta: v.optional(wholeNumber(Number.MIN_SAFE_INTEGER)),
  percent: v.optional(finiteNumber()),
  value: v.optional(wholeNumber(0)),
})

/**
 * A move once enough points of a window lie between two bounds: Nomad's threshold strategy.
 *
 * Every evaluation adds one point, the newest value, so that at an interval of 15 s the default window holds 8. Nomad's
 * window is 60 s, of points that its source gives a second apart. Below the trigger it has no opinion: as in a group of
 * checks in Nomad, it then holds nobody else back. `delta` and `percent` are of the desired count without the instances
 * still coming, whose work the points do not show yet, and take none away while there are some.
 *
 * @throws FlotillaError `invalid-options`: neither bound, `lower` not under `upper`, or not exactly one of `delta`, `percent`, `value`
 * @see https://developer.hashicorp.com/nomad/tools/autoscaling/plugins/strategy/threshold
 */
export function windowThreshold(options: WindowThresholdOptions): Policy {
  const given = checkOptions('windowThreshold', schema, options)
  const { metric, lower = -Infinity, upper = Infinity } = given
  const { windowMs = defaults.windowMs, trigger = defaults.trigger } = given
  if (given.lower === undefined && given.upper === undefined) {
    throw invalidOption('windowThreshold', 'lower', undefined, 'given, or upper, or both')
  }
  if (lower >= upper) throw invalidOption('windowThreshold', 'lower', lower, `under upper (${upper})`)
  const move = moveOf(given)
  const band = bandText(given)

  const propose = (points: readonly Point[], current: number, coming: number): Proposal => {
    const within = points.filter(([, value]) => value >= lower && value < upper).length
    const counted = `${metric} was ${band} in ${within} of ${points.length} points of the last ${seconds(windowMs)}`
    if (within < trigger) return { kind: 'no-opinion', reason: `${counted}, and ${trigger} are needed` }
    const base = move.isAbsolute ? current : Math.max(0, current - coming)
    const reached = wholeCount(move.of(base))
    const count = base === current ? reached : Math.max(current, reached)
    const others = base === current ? '' : `, with ${coming} to come`
    return { kind: 'count', count, reason: `${counted}: ${move.text}, from ${base}${others}, to ${count}` }
  }

  return {
    name: `windowThreshold(${metric} ${band} ${move.text})`,
    ...comparedWith('windowThreshold', metric, { lower, upper }),
    evaluate(input) {
      const { now, observation } = input
      const { desired, instances } = observation
      const seen = singleValue(metric, input)
      const before = pointsFrom(input.state, now, windowMs)
      if (seen.of === 'nothing') {
        return { proposal: { kind: 'cannot-tell', reason: seen.reason }, state: before }
      }
      const points = withPoint(before, [seen.at, seen.value], now, windowMs)
      const proposal = propose(points, desired, comingCountOf(instances))
      return { proposal: shrinkOnlyInFullView(proposal, desired, seen.missingCount), state: points }
    },
    shiftState: shiftRows,
  }
}

type Point = readonly [at: number, value: number]

/** As many as any window needs; a point a second for an hour. */
const mostPoints = 3600

/** A point of the same time as the last one is the same point, read again. */
function withPoint(points: readonly Point[], point: Point, now: number, windowMs: number): readonly Point[] {
  if (point[0] <= now - windowMs) return points
  const kept = points.at(-1)?.[0] === point[0] ? points.slice(0, -1) : points
  return [...kept, point].slice(-mostPoints)
}

/** Points out of stored JSON. What is of a later time was taken before the clock went back, and counts as taken now. */
function pointsFrom(stored: Json | undefined, now: number, windowMs: number): readonly Point[] {
  if (!Array.isArray(stored)) return []
  return stored.flatMap((item: Json): readonly Point[] => {
    if (!Array.isArray(item) || typeof item[0] !== 'number' || typeof item[1] !== 'number') return []
    const at = Math.min(item[0], now)
    return at > now - windowMs ? [[at, item[1]]] : []
  })
}

interface Move {
  readonly text: string
  /** True when it does not depend on the count there is. */
  readonly isAbsolute: boolean
  of(current: number): number
}

function moveOf({ delta, percent, value }: WindowThresholdOptions): Move {
  const moves: Move[] = []
  if (delta !== undefined)
    moves.push({ text: signed(delta), isAbsolute: false, of: (current) => current + delta })
  if (percent !== undefined) {
    const of = (current: number): number => roundUp(current * (1 + percent / 100))
    moves.push({ text: `${signed(percent)} %`, isAbsolute: false, of })
  }
  if (value !== undefined) moves.push({ text: `to ${value}`, isAbsolute: true, of: () => value })
  const [move] = moves
  if (move === undefined || moves.length > 1) {
    throw invalidOption('windowThreshold', 'delta', delta, 'the only one given of delta, percent and value')
  }
  return move
}

const signed = (value: number): string => (value < 0 ? brief(value) : `+${brief(value)}`)

function bandText({ lower, upper }: WindowThresholdOptions): string {
  if (lower === undefined) return `below ${brief(upper ?? 0)}`
  if (upper === undefined) return `at least ${brief(lower)}`
  return `in ${brief(lower)}..${brief(upper)}`
}

/** How `windowThreshold` is written in a file. */
export const windowThresholdForm: Form = optionsForm('a policy', 'windowThreshold', windowThreshold, schema)
