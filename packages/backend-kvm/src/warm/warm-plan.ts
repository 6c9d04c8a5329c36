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

export interface PoolPlan {
  /** May be taken; the one that waited longest first. */
  readonly ready: readonly Machine[]
  /** To be removed: of no use, or too many. */
  readonly surplus: readonly Machine[]
  /** How many are to be made. */
  readonly missing: number
}

/** Plans the work on the waiting machines of one group. Pure. */
export function planPool(machines: readonly Machine[], facts: PoolFacts): PoolPlan {
  const { warm, busy } = facts
  const idle = machines.filter(({ ref }) => !busy.has(ref.uuid))
  const useful = idle.filter((machine) => isUseful(machine, facts))
  const ready = useful
    .filter(({ owner }) => owner.warm === 'ready')
    .toSorted((a, b) => a.owner.createdAt - b.owner.createdAt)
  const preparing = useful.filter(({ owner }) => owner.warm !== 'ready')
  const busyCount = machines.length - idle.length
  const place = Math.max(0, warm.size - busyCount - preparing.length)
  return {
    ready,
    surplus: [...idle.filter((machine) => !useful.includes(machine)), ...ready.slice(place)],
    missing: Math.max(0, warm.size - busyCount - useful.length),
  }
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
