import { planWarmPool, type WarmPoolPlan } from '@flotilla/core/authoring'
import type { Machine } from '../host/host.js'
import type { WarmSettings } from '../options.js'

export interface PoolFacts {
  readonly warm: Pick<WarmSettings, 'size' | 'kind' | 'maxAgeMs' | 'bootTimeoutMs'>
  readonly templateHash: string
  /** Epoch milliseconds. */
  readonly now: number
  /** UUIDs of those that are being prepared or taken here at this moment. */
  readonly busy: ReadonlySet<string>
}

/** Plans the work on the waiting machines of one group. Pure. */
export function planPool(machines: readonly Machine[], facts: PoolFacts): WarmPoolPlan<Machine> {
  return planWarmPool(machines, facts.warm.size, (machine) => ({
    isBusy: facts.busy.has(machine.ref.uuid),
    isUseful: isUseful(machine, facts),
    isReady: machine.owner.warm === 'ready',
    createdAt: machine.owner.createdAt,
  }))
}

function isUseful({ owner, state }: Machine, { warm, templateHash, now }: Omit<PoolFacts, 'busy'>): boolean {
  const ageMs = now - owner.createdAt
  if (owner.templateHash !== templateHash || ageMs > warm.maxAgeMs) return false
  // Somebody who began to prepare it, and is gone, will not end it.
  if (owner.warm !== 'ready') return ageMs <= warm.bootTimeoutMs
  switch (warm.kind) {
    case 'paused':
      return state.state === 'paused'
    case 'stopped':
    case 'managed-save':
      return state.state === 'shutoff'
  }
}
