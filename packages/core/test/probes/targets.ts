import type { CallOptions } from '../../src/async/deadline.js'
import type { Address } from '../../src/model.js'
import type { ProbeTarget } from '../../src/probes/probe.js'

/** An instance at this address. */
export function target(address: Address): ProbeTarget {
  const instance = {
    id: 'i-1',
    group: 'web',
    token: 't',
    name: 'web-1',
    status: 'running',
    createdAt: 0,
    address,
  } as const
  return { instance, address }
}

export function call(signal: AbortSignal = new AbortController().signal): CallOptions {
  return { signal }
}
