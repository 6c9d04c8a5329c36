import type { Observation, TrackedInstance } from '../../model.js'

/** A Thursday noon, UTC: 2026-01-01T12:00:00Z. */
export const sampleNow: number = Date.UTC(2026, 0, 1, 12)

/** An instance in service since ten minutes, with whatever fields the test is about. */
export function trackedInstance(fields: Partial<TrackedInstance> = {}): TrackedInstance {
  const { id = 'i-1', group = 'web' } = fields
  return {
    id,
    group,
    token: `t-${id}`,
    name: `${group}-${id}`,
    status: 'running',
    address: { host: '127.0.0.1', port: 8080 },
    createdAt: sampleNow - 600_000,
    state: 'in-service',
    stateSince: sampleNow - 580_000,
    readyAt: sampleNow - 580_000,
    isProtected: false,
    ...fields,
  }
}

/** `i-1` to `i-count`, alike. */
export function trackedInstances(
  count: number,
  fields: Partial<TrackedInstance> = {},
): readonly TrackedInstance[] {
  return Array.from({ length: count }, (_, index) => trackedInstance({ ...fields, id: `i-${index + 1}` }))
}

/** A group of this many instances in service, all of them desired. */
export function sampleObservation(count: number, fields: Partial<Observation> = {}): Observation {
  const instances = fields.instances ?? trackedInstances(count)
  return { group: 'web', at: sampleNow, desired: count, ...fields, instances }
}
