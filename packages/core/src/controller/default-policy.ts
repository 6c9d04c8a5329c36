import type { Metrics } from '../metrics/metrics.js'
import { adaptive } from '../policies/adaptive.js'
import type { Policy } from '../policies/policy.js'

/** What the balancers call the load and what waits. */
const loadMetric = 'http.request_rate'
const queueMetric = 'http.queue'

/** What a group gets that names no policy: the adaptive one, on all that its sources tell of the load. */
export function defaultPolicy(sources: readonly Metrics[]): Policy {
  const given = new Set(
    sources.flatMap(({ provides }) => provides.filter((info) => info.of === 'group').map(({ name }) => name)),
  )
  return adaptive({
    load: given.has(loadMetric) ? loadMetric : undefined,
    queue: given.has(queueMetric) ? queueMetric : undefined,
  })
}
