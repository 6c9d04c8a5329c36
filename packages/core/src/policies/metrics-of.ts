import type { Policy } from './policy.js'

/** The metrics of the policies that another is made of, with its own, as those of one policy. */
export function metricsOf(
  policies: readonly (Policy | undefined)[],
  own: readonly string[] = [],
): Pick<Policy, 'metrics' | 'optionalMetrics'> {
  const metrics = new Set([...own, ...policies.flatMap((policy) => policy?.metrics ?? [])])
  const optional = new Set(policies.flatMap((policy) => policy?.optionalMetrics ?? []))
  for (const metric of metrics) optional.delete(metric)
  return optional.size === 0
    ? { metrics: [...metrics] }
    : { metrics: [...metrics], optionalMetrics: [...optional] }
}
