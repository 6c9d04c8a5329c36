import * as v from 'valibot'
import { finiteNumber } from '../../options/checks.js'

/** A tolerance as an option: one share for both directions, or one for each. */
export type ToleranceOption =
  | number
  | { readonly out?: number | undefined; readonly in?: number | undefined }
  | undefined

/** Shares of the target, >= 0, by which a value may stray: above it before the group grows, below before it shrinks. */
export interface Tolerance {
  readonly out: number
  readonly in: number
}

const defaultTolerance = 0.1

/** What a tolerance must look like. */
export const toleranceSchema: v.GenericSchema<ToleranceOption> = v.optional(
  v.union(
    [finiteNumber(0), v.strictObject({ out: v.optional(finiteNumber(0)), in: v.optional(finiteNumber(0)) })],
    'a share such as 0.1, or { out: 0.1, in: 0.2 }',
  ),
)

/** Both directions, with the default filled in: 0.1. */
export function fullTolerance(tolerance: ToleranceOption = defaultTolerance): Tolerance {
  if (typeof tolerance === 'number') return { out: tolerance, in: tolerance }
  return { out: tolerance.out ?? defaultTolerance, in: tolerance.in ?? defaultTolerance }
}

/** Whether value / target is close enough to 1, both ends included. */
export function isWithin(ratio: number, tolerance: Tolerance): boolean {
  const slack = 1e-9
  return ratio >= 1 - tolerance.in - slack && ratio <= 1 + tolerance.out + slack
}
