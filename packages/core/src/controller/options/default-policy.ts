import { invalidOption } from '../../options/check-options.js'
import type { Metrics } from '../../metrics/metrics.js'
import { adaptive } from '../../policies/adaptive/adaptive.js'
import type { Policy } from '../../policies/policy.js'

const cpuMetric = 'cpu'

/**
 * What a group gets that names no policy: the adaptive one, on all that its sources tell of the load. Without the CPU,
 * nothing tells what an instance can carry, and somebody has to say.
 *
 * @throws FlotillaError `invalid-options`
 */
export function defaultPolicy(sources: readonly Metrics[]): Policy {
  const known = sources.flatMap(({ provides }) => provides.map(({ name }) => name))
  if (!known.includes(cpuMetric)) {
    const there = known.length === 0 ? 'no source of metrics' : `only ${known.join(', ')}`
    const wanted = `named, since the default one goes by ${cpuMetric} and there is ${there}: targetTracking, say, or fixed`
    throw invalidOption('Autoscaler', 'policy', undefined, wanted)
  }
  return adaptive()
}
