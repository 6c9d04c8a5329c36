import { invalidOption } from '../../options/check-options.js'
import { type MetricInfo, type Metrics, isMetrics } from '../../metrics/metrics.js'
import { usageMetrics } from '../../metrics/usage.js'
import type { Comparison, Policy } from '../../policies/policy.js'
import { brief } from '../../policies/kit/read.js'
import type { Backend } from '../../backend.js'
import type { LoadBalancer } from '../../balancer.js'

/** Where readings may come from. */
export interface SourceOptions {
  readonly metrics?: readonly Metrics[] | undefined
  readonly backend: Backend
  readonly balancer?: LoadBalancer | undefined
}

/**
 * The user's own sources first, then the instances' own usage and the balancer, where they can tell and are not among the
 * first already: a `usageMetrics` of the user's, with options of its own, stands in the place of ours.
 *
 * @throws FlotillaError `invalid-options` when two give the same metric
 */
export function sourcesOf({ metrics = [], backend, balancer }: SourceOptions): readonly Metrics[] {
  const sources = [...metrics]
  if (backend.supports.usage && backend.usage !== undefined) {
    const usage = usageMetrics(backend)
    if (!sources.some(({ name }) => name === usage.name)) sources.push(usage)
  }
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
  const infos = sources.flatMap(({ provides }) => provides)
  const known = infos.map((info) => info.name)
  for (const { name: policyName, metrics, compared = [] } of policies) {
    for (const comparison of compared) checkUnit(comparison, infos)
    const unknown = metrics.find((metric) => !known.includes(metric))
    if (unknown === undefined) continue
    const choice = known.length === 0 ? 'there is no metric source' : `one of ${known.join(', ')}`
    throw invalidOption('Autoscaler', field, unknown, `${policyName} over a metric that is there: ${choice}`)
  }
}

/** No share is that much, and no percentage that is meant is less. */
const leastPercent = 5
/** No machine is that small: what is meant is a share, a percentage or megabytes. */
const fewestBytes = 100

/** @throws FlotillaError `invalid-options` for a percentage of a ratio, and for a share of bytes */
function checkUnit({ metric, value, option }: Comparison, infos: readonly MetricInfo[]): void {
  const [constructor = '', field = ''] = option.split(': ')
  const unit = infos.find(({ name }) => name === metric)?.unit
  if (unit === 'ratio' && Math.abs(value) >= leastPercent) {
    const meant = `${metric} is a ratio, not a percentage: ${brief(value / 100)} is ${brief(value)} %`
    throw invalidOption(constructor, field, value, `below ${leastPercent}, as ${meant}`)
  }
  if (unit === 'bytes' && value > 0 && value <= fewestBytes) {
    const meant = `${metric} is in bytes, no share or percentage: 2 ** 30 is a gibibyte`
    throw invalidOption(constructor, field, value, `over ${fewestBytes}, as ${meant}`)
  }
}
