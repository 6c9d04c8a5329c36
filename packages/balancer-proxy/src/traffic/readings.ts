import type { MetricInfo, MissingRule, Reading, SampleRequest } from '@flotilla/core'
import { absentReading, readingFrom, type ReadingOf } from '@flotilla/core/authoring'
import type { Traffic } from './traffic.js'

/** What is known of one member's traffic. */
export interface MemberTraffic {
  readonly inFlightCount: number
  requestsPerSecond(): number
}

/** Where the readings come from. */
export interface ReadingSources {
  readonly traffic: Traffic
  readonly connectionCount: number
  /** Requests that wait; undefined where none may. */
  readonly queueLength: number | undefined
  readonly windowMs: number
  memberTraffic(instanceId: string): MemberTraffic | undefined
}

/** A number, or why there is none. */
type Measured = number | { readonly absent: string }

interface GroupMetric extends MetricInfo {
  readonly of: 'group'
  readonly measure: (sources: ReadingSources) => Measured
}

interface InstanceMetric extends MetricInfo {
  readonly of: 'instance'
  readonly measure: (member: MemberTraffic) => number
}

const rateOfStatus = (statusClass: 2 | 3 | 4 | 5): GroupMetric => ({
  name: `http.status_${statusClass}xx`,
  unit: 'per-second',
  of: 'group',
  measure: ({ traffic }) => traffic.answersPerSecond(statusClass),
})

const latency = (name: string, share: number): GroupMetric => ({
  name,
  unit: 'milliseconds',
  of: 'group',
  measure: ({ traffic, windowMs }) =>
    traffic.latencyMs(share) ?? { absent: `no member answered a request in the last ${windowMs / 1000} s` },
})

const groupMetrics: readonly GroupMetric[] = [
  { name: 'http.request_count', unit: 'count', of: 'group', measure: ({ traffic }) => traffic.requestCount },
  {
    name: 'http.request_rate',
    unit: 'per-second',
    of: 'group',
    measure: ({ traffic }) => traffic.requestsPerSecond(),
  },
  { name: 'http.in_flight', unit: 'count', of: 'group', measure: ({ traffic }) => traffic.inFlightCount },
  {
    name: 'http.queue',
    unit: 'count',
    of: 'group',
    // A queue that cannot fill would read as proof that nothing is late.
    measure: ({ queueLength }) =>
      queueLength ?? { absent: 'the queue is off; give the proxy `queue` to let requests wait' },
  },
  {
    name: 'http.connections',
    unit: 'count',
    of: 'group',
    measure: ({ connectionCount }) => connectionCount,
  },
  {
    name: 'http.refused_rate',
    unit: 'per-second',
    of: 'group',
    measure: ({ traffic }) => traffic.refusedPerSecond(),
  },
  latency('http.latency_p50', 0.5),
  latency('http.latency_p95', 0.95),
  rateOfStatus(2),
  rateOfStatus(3),
  rateOfStatus(4),
  rateOfStatus(5),
]

const instanceMetrics: readonly InstanceMetric[] = [
  {
    name: 'http.instance_in_flight',
    unit: 'count',
    of: 'instance',
    measure: (member) => member.inFlightCount,
  },
  {
    name: 'http.instance_request_rate',
    unit: 'per-second',
    of: 'instance',
    measure: (member) => member.requestsPerSecond(),
  },
]

/** What the proxy measures; the README's table says each in words. Latency alone can be missing while all is well. */
export function providedBy(whenMissing: MissingRule): readonly MetricInfo[] {
  return [...groupMetrics, ...instanceMetrics].map(({ name, unit, of }) =>
    unit === 'milliseconds' ? { name, unit, of, whenMissing } : { name, unit, of },
  )
}

/** One reading of the group, or one for each instance asked about, of everything it measures. */
export function readTraffic(sources: ReadingSources, { instances, now }: SampleRequest): readonly Reading[] {
  const ofGroup = groupMetrics.map((metric) => newReading({ info: metric, at: now }, metric.measure(sources)))
  const ofInstances = instanceMetrics.flatMap(({ name, unit, measure }) =>
    instances.map(({ id }) => {
      const member = sources.memberTraffic(id)
      const measured = member === undefined ? { absent: 'not a member of the proxy' } : measure(member)
      return newReading({ info: { name, unit }, at: now, instanceId: id }, measured)
    }),
  )
  return [...ofGroup, ...ofInstances]
}

function newReading(of: ReadingOf, measured: Measured): Reading {
  return typeof measured === 'number' ? readingFrom(of, measured) : absentReading(of, measured.absent)
}
