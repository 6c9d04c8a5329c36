import * as v from 'valibot'
import type { Policy } from './policy.js'

/** What a policy given as an option must look like. */
export const policySchema: v.GenericSchema<Policy> = v.custom<Policy>(
  isPolicy,
  'a policy: an object with a name, metrics (the list of those it reads, [] for none) and evaluate()',
)

function isPolicy(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  const { name, metrics, evaluate } = given as Readonly<Record<string, unknown>>
  return typeof name === 'string' && Array.isArray(metrics) && typeof evaluate === 'function'
}
