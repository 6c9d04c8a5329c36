import {
  systemClock,
  type Autoscaler,
  type AutoscalerEvents,
  type Backend,
  type Clock,
  type GroupStatus,
} from '@flotilla/core'
import { check, checkOptions } from '@flotilla/core/authoring'
import { Gauge, Registry } from 'prom-client'
import * as v from 'valibot'
import { defineMetrics, type Definitions } from './definitions.js'
import { measuredBackend } from './measured-backend.js'
import { showStatus } from './show-status.js'

/** Options of `groupMetrics()`. */
export interface GroupMetricsOptions {
  /** Where the metrics are put; by default a registry of their own. */
  readonly registry?: Registry | undefined
  /** What drains and calls are timed by; for tests. */
  readonly clock?: Clock | undefined
}

/** What is measured of a group: a part of the Autoscaler. */
export type Observed = Pick<Autoscaler, 'status' | 'on'>

/** The metrics of all groups of a program. */
export interface GroupMetrics {
  /** What Prometheus scrapes: `await registry.metrics()`, with the header `registry.contentType`. */
  readonly registry: Registry
  /**
   * Measures a group from now on. Gauges are read when they are scraped; counters and times begin at 0.
   *
   * @returns forgets the group, with all that was counted of it
   */
  observe(group: Observed): () => Promise<void>
  /** The backend, with the time and the errors of its calls measured: give it to the Autoscaler in its place. */
  measured(backend: Backend): Backend
}

const schema = v.strictObject({
  registry: v.optional(check.having<Registry>('a registry of prom-client', 'registerMetric', 'metrics')),
  clock: v.optional(check.having<Clock>('a clock', 'now', 'monotonic', 'sleep')),
})

/**
 * Metrics of groups for Prometheus, by its conventions: seconds, ratios, totals. Their names and labels are a table in the
 * README; no label names an instance.
 *
 * @throws FlotillaError `invalid-options`; an Error of prom-client where the registry has metrics of these names already
 */
export function groupMetrics(options: GroupMetricsOptions = {}): GroupMetrics {
  const { registry = new Registry(), clock = systemClock } = checkOptions('groupMetrics', schema, options)
  const metrics = defineMetrics(registry)
  const groups = new Set<Observed>()
  collectAtScrape(metrics, () => [...groups].map((group) => group.status()))
  return {
    registry,
    observe(group) {
      groups.add(group)
      const { group: name } = group.status()
      const offs = countEvents(group, name, metrics, clock)
      return async () => {
        groups.delete(group)
        for (const off of offs) off()
        await forget(name, metrics)
      }
    },
    measured: (backend) => measuredBackend(backend, metrics, clock),
  }
}

/** Prometheus asks more seldom than groups tick: what stands is read when it is asked for, once for all gauges. */
function collectAtScrape(metrics: Definitions, statuses: () => readonly GroupStatus[]): void {
  const gauges = Object.values(metrics).filter((metric) => metric instanceof Gauge)
  // prom-client begins with the one that was registered first, and reads all others in the same turn.
  Object.assign(metrics.min, {
    collect() {
      for (const gauge of gauges) gauge.reset()
      for (const status of statuses()) showStatus(status, metrics)
    },
  })
}

function countEvents(
  group: Observed,
  name: string,
  metrics: Definitions,
  clock: Clock,
): readonly (() => void)[] {
  const draining = new Map<string, number>()
  const onInstance = ({ instance, from, to }: AutoscalerEvents['instance']): void => {
    metrics.changes.inc({ group: name, state: to })
    if (to === 'draining') draining.set(instance.id, clock.monotonic())
    const since = draining.get(instance.id)
    if (from === 'draining' && since !== undefined) {
      metrics.drain.observe({ group: name }, (clock.monotonic() - since) / 1000)
      draining.delete(instance.id)
    }
    const isFirst = from === 'launching' && (to === 'warming' || to === 'in-service')
    const member = isFirst ? group.status().instances.find(({ id }) => id === instance.id) : undefined
    if (member?.readyAt === undefined || instance.createdAt === undefined) return
    metrics.ready.observe({ group: name }, Math.max(0, member.readyAt - instance.createdAt) / 1000)
  }
  return [
    group.on('instance', onInstance),
    group.on('decision', ({ outcome, limitedBy = '' }) =>
      metrics.decisions.inc({ group: name, outcome, limited_by: limitedBy }),
    ),
    group.on('scaled', ({ from, to }) =>
      metrics.scaled.inc({ group: name, direction: to > from ? 'out' : 'in' }, Math.abs(to - from)),
    ),
    group.on('tick', ({ durationMs }) => metrics.tick.observe(durationMs / 1000)),
  ]
}

/** What `forget` needs of each kind of metric. */
interface Forgettable {
  get(): Promise<{
    readonly values: readonly { readonly labels: Partial<Record<string, string | number>> }[]
  }>
  remove(labels: Record<string, string>): void
}

/** Takes every value of a group out of all metrics. */
async function forget(group: string, metrics: Definitions): Promise<void> {
  for (const metric of Object.values(metrics) as readonly Forgettable[]) {
    const { values } = await metric.get()
    for (const { labels } of values) {
      // A histogram tells its buckets apart by `le`, and removes all of them at once.
      const entries = Object.entries(labels).filter(([name]) => name !== 'le')
      if (labels['group'] === group) metric.remove(Object.fromEntries(entries) as Record<string, string>)
    }
  }
}
