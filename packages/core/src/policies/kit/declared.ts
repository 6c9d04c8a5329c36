import * as v from 'valibot'
import { made } from '../../options/checks.js'
import type { Comparison, Policy } from '../policy.js'

/** What a policy given as an option must look like. */
export const policySchema: v.GenericSchema<Policy> = made(
  'a policy',
  v.custom<Policy>(
    isPolicy,
    'a policy: an object with a name, metrics (the list of those it reads, [] for none) and evaluate()',
  ),
)

function isPolicy(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  const { name, metrics, evaluate } = given as Readonly<Record<string, unknown>>
  return typeof name === 'string' && Array.isArray(metrics) && typeof evaluate === 'function'
}

/** What the policies that another is made of say of their metrics, with its own, as of one policy. */
export function metricsOf(
  policies: readonly (Policy | undefined)[],
  own: readonly string[] = [],
  ownCompared: readonly Comparison[] = [],
): Pick<Policy, 'metrics' | 'optionalMetrics' | 'compared'> {
  const metrics = new Set([...own, ...policies.flatMap((policy) => policy?.metrics ?? [])])
  const optional = new Set(policies.flatMap((policy) => policy?.optionalMetrics ?? []))
  const compared = [...ownCompared, ...policies.flatMap((policy) => policy?.compared ?? [])]
  for (const metric of metrics) optional.delete(metric)
  return {
    metrics: [...metrics],
    ...(optional.size === 0 ? {} : { optionalMetrics: [...optional] }),
    ...(compared.length === 0 ? {} : { compared }),
  }
}

/** The options of a policy that a metric is compared with, by their names; those left out and infinite ones are none. */
export function comparedWith(
  constructor: string,
  metric: string,
  options: Readonly<Record<string, number | undefined>>,
): Pick<Policy, 'metrics' | 'compared'> {
  const compared = Object.entries(options).flatMap(([name, value]): readonly Comparison[] =>
    value === undefined || !Number.isFinite(value)
      ? []
      : [{ metric, value, option: `${constructor}: ${name}` }],
  )
  return { metrics: [metric], compared }
}
