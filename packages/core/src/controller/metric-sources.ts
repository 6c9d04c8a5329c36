import { invalidOption } from '../check-options.js'
import { type Metrics, isMetrics } from '../metrics/metrics.js'
import { usageMetrics } from '../metrics/usage.js'
import type { Policy } from '../policies/policy.js'
import type { AutoscalerOptions } from './options.js'

/**
 * The user's own sources first, then the instances' own usage and the balancer, where they can tell.
 *
 * @throws FlotillaError `invalid-options` when two give the same metric
 */
export function sourcesOf({ metrics = [], backend, balancer }: AutoscalerOptions): readonly Metrics[] {
  const sources = [...metrics]
  if (backend.supports.usage && backend.usage !== undefined) sources.push(usageMetrics(backend))
  if (balancer !== undefined && isMetrics(balancer) && !sources.includes(balancer)) sources.push(balancer)
  const seen = new Map<string, string>()
  for (const { name: source, provides } of sources) {
    for (const { name: metric } of provides) {
      const other = seen.get(metric)
      if (other !== undefined) {
        throw invalidOption(
          'Autoscaler',
          'metrics',
          metric,
          `given by one source only (${other} and ${source} do)`,
        )
      }
      seen.set(metric, source)
    }
  }
  return sources
}

/**
 * @param field - the option that the policies stand in
 * @throws FlotillaError `invalid-options` when a policy reads a metric that no source gives
 */
export function checkMetrics(field: string, policies: readonly Policy[], sources: readonly Metrics[]): void {
  const known = sources.flatMap(({ provides }) => provides.map((info) => info.name))
  for (const { name: policyName, metrics } of policies) {
    const unknown = metrics.find((metric) => !known.includes(metric))
    if (unknown === undefined) continue
    const choice = known.length === 0 ? 'there is no metric source' : `one of ${known.join(', ')}`
    throw invalidOption('Autoscaler', field, unknown, `${policyName} over a metric that is there: ${choice}`)
  }
}
