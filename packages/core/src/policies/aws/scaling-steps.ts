import { invalidOption } from '../../options/check-options.js'
import { brief } from '../kit/read.js'

/** One row of a step table. Bounds are relative to the threshold; one left out is infinite. */
export interface ScalingStep {
  readonly lower?: number | undefined
  readonly upper?: number | undefined
  /** In the unit of the policy's `kind`: instances, a capacity, or percent. */
  readonly adjust: number
}

/**
 * The step that a breach falls into. From the threshold up the lower bound belongs to a step and the upper one does
 * not; below the threshold it is the other way round. Exactly at the threshold the upper side comes first.
 *
 * @param breach - value - threshold
 */
export function findStep(steps: readonly ScalingStep[], breach: number): ScalingStep | undefined {
  // 0.7 - 0.5 is 0.19999999999999996: a bound that is that near is met.
  const slack = 1e-9 * Math.max(1, Math.abs(breach))
  const isBelow = (bound: number): boolean => breach < bound - slack
  const isAbove = (bound: number): boolean => breach > bound + slack
  const above = ({ lower = -Infinity, upper = Infinity }: ScalingStep): boolean =>
    !isBelow(lower) && isBelow(upper)
  const below = ({ lower = -Infinity, upper = Infinity }: ScalingStep): boolean =>
    isAbove(lower) && !isAbove(upper)
  if (isAbove(0)) return steps.find(above)
  if (isBelow(0)) return steps.find(below)
  return steps.find(above) ?? steps.find(below)
}

/**
 * Refuses a step table that EC2 Auto Scaling refuses: a gap, an overlap, a step without end in both directions, more
 * than one such end in one direction, or a table that stops short of infinity on the side it is for.
 *
 * @throws FlotillaError `invalid-options`
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html#as-scaling-steps
 */
export function checkSteps(what: string, steps: readonly ScalingStep[]): void {
  const refuse = (expected: string, value: unknown): never => {
    throw invalidOption(what, 'steps', value, expected)
  }
  if (steps.length === 0) refuse('at least one step', steps)
  for (const step of steps) {
    const { lower, upper } = step
    if (lower === undefined && upper === undefined) refuse('steps with a lower or an upper bound', step)
    if (lower !== undefined && upper !== undefined && lower >= upper) {
      refuse('steps whose lower bound is under their upper one', step)
    }
  }
  for (const bound of ['lower', 'upper'] as const) {
    const open = steps.filter((step) => step[bound] === undefined)
    if (open.length > 1) refuse(`at most one step without a ${bound} bound`, open[1])
  }
  const sorted = steps.toSorted((a, b) => (a.lower ?? -Infinity) - (b.lower ?? -Infinity))
  for (const [index, step] of sorted.entries()) {
    const next = sorted[index + 1]
    if (next === undefined) break
    const { upper = Infinity } = step
    const { lower = -Infinity } = next
    if (upper > lower) refuse(`steps that do not overlap, and ${stepText(step)} does ${stepText(next)}`, next)
    if (upper < lower) refuse(`steps without a gap, and there is one from ${upper} to ${lower}`, next)
  }
  const first = sorted[0]
  const last = sorted.at(-1)
  if (first?.lower !== undefined && first.lower < 0) {
    refuse('one of them without a lower bound, as there is a negative one', first)
  }
  if (last?.upper !== undefined && last.upper > 0) {
    refuse('one of them without an upper bound, as there is a positive one', last)
  }
}

/** A step for a reason: `10..20`, `20 and up`, `down from -10`. */
export function stepText({ lower, upper }: ScalingStep): string {
  if (upper === undefined) return `${brief(lower ?? 0)} and up`
  if (lower === undefined) return `down from ${brief(upper)}`
  return `${brief(lower)}..${brief(upper)}`
}
