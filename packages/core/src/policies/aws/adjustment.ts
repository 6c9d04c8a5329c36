import * as v from 'valibot'
import { invalidOption } from '../../options/check-options.js'
import { finiteNumber, wholeNumber } from '../../options/checks.js'
import { brief, wholeCount } from '../kit/read.js'

/**
 * How a number becomes a new capacity, as EC2 Auto Scaling has it.
 *
 * - `change`: that many more, or fewer when negative (ChangeInCapacity)
 * - `exact`: that many (ExactCapacity)
 * - `percent`: that share of the capacity more, or fewer (PercentChangeInCapacity)
 */
export type AdjustmentKind = 'change' | 'exact' | 'percent'

export const adjustmentKindSchema: v.GenericSchema<AdjustmentKind | undefined> = v.optional(
  v.picklist(['change', 'exact', 'percent']),
)
export const adjustSchema: v.GenericSchema<number> = finiteNumber()
export const minMagnitudeSchema: v.GenericSchema<number | undefined> = v.optional(wholeNumber(1))

/**
 * The capacity after one adjustment.
 *
 * A percentage is rounded towards zero, but never to nothing: 12.7 is 12, 0.67 is 1, -0.58 is -1, -6.67 is -6. It then
 * counts as at least `minMagnitude` instances, in its own direction.
 *
 * @param capacity - whole number >= 0
 * @returns whole number >= 0
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html#as-scaling-adjustment
 */
export function adjustedCapacity(
  capacity: number,
  adjust: number,
  kind: AdjustmentKind,
  minMagnitude: number = 0,
): number {
  switch (kind) {
    case 'change':
      return wholeCount(capacity + adjust)
    case 'exact':
      return wholeCount(adjust)
    case 'percent': {
      const share = (capacity * adjust) / 100
      const magnitude = Math.max(wholePart(Math.abs(share)), minMagnitude)
      return adjust === 0 ? wholeCount(capacity) : wholeCount(capacity + Math.sign(adjust) * magnitude)
    }
  }
}

/** The slack keeps 28.999999999999996, which is 29 in binary, from becoming 28. */
const wholePart = (size: number): number => (size > 0 && size < 1 ? 1 : Math.floor(size * (1 + 1e-12)))

/** What an adjustment does, for a reason: `adds 2`, `removes 30 %`, `makes it 5`. */
export function adjustmentText(adjust: number, kind: AdjustmentKind): string {
  if (kind === 'exact') return `makes it ${brief(adjust)}`
  const unit = kind === 'percent' ? ' %' : ''
  return adjust < 0 ? `removes ${brief(-adjust)}${unit}` : `adds ${brief(adjust)}${unit}`
}

/** @throws FlotillaError `invalid-options` for an adjustment that its kind does not allow */
export function checkAdjustment(what: string, field: string, adjust: number, kind: AdjustmentKind): void {
  if (kind === 'percent') return
  if (kind === 'exact' && !(Number.isSafeInteger(adjust) && adjust >= 0)) {
    throw invalidOption(what, field, adjust, 'a whole number >= 0 for an exact capacity')
  }
  if (!Number.isSafeInteger(adjust)) throw invalidOption(what, field, adjust, 'a whole number of instances')
}

/** @throws FlotillaError `invalid-options` when a least magnitude is given for a kind that has none */
export function checkMinMagnitude(
  what: string,
  minMagnitude: number | undefined,
  kind: AdjustmentKind,
): void {
  if (minMagnitude === undefined || kind === 'percent') return
  throw invalidOption(what, 'minMagnitude', minMagnitude, `left out, as it goes with kind 'percent' alone`)
}
