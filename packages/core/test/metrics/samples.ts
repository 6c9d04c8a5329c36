import type { SampleRequest } from '../../src/metrics/metrics.js'
import type { Address, TrackedInstance } from '../../src/model.js'

export const now = Date.UTC(2026, 10, 21)

/** An instance in service. */
export function instance(id: string, changes: Partial<TrackedInstance> = {}): TrackedInstance {
  return {
    id,
    group: 'web',
    token: `token-${id}`,
    name: `name-${id}`,
    status: 'running',
    state: 'in-service',
    stateSince: now,
    createdAt: now,
    isProtected: false,
    ...changes,
  }
}

export function instanceAt(id: string, address: Address): TrackedInstance {
  return instance(id, { address })
}

/** A request about these instances. */
export function request(
  instances: readonly TrackedInstance[] = [],
  changes: Partial<SampleRequest> = {},
): SampleRequest {
  return { group: 'web', instances, now, signal: new AbortController().signal, ...changes }
}
