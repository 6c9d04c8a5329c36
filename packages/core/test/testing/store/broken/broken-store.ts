import type { Lease, StateStore } from '@flotilla/core'
import type { FakeStore } from '@flotilla/core/testing'

/** A store that breaks one promise, and the cases that must find it. */
export interface BrokenStore {
  /** Completes "finds a store that …". */
  readonly that: string
  readonly breaks: (inner: FakeStore) => Partial<StateStore>
  readonly fails: readonly string[]
  /** True when so much stands on the promise that further cases fail too. */
  readonly andMore?: boolean
}

/** The good store with some of its calls replaced. */
export function breakStore(inner: FakeStore, breaks: BrokenStore['breaks']): StateStore {
  const broken = breaks(inner)
  return {
    load: broken.load ?? ((group) => inner.load(group)),
    save: broken.save ?? ((group, state, options) => inner.save(group, state, options)),
    acquire: broken.acquire ?? ((group, options) => inner.acquire(group, options)),
    holder: broken.holder ?? ((group) => inner.holder(group)),
    close: broken.close ?? (() => inner.close()),
  }
}

/** The good store whose leases are changed on the way out. */
export function leasing(change: (lease: Lease, inner: FakeStore) => Partial<Lease>): BrokenStore['breaks'] {
  return (inner) => ({
    async acquire(group, options) {
      const lease = await inner.acquire(group, options)
      return withLease(lease, change(lease, inner))
    },
  })
}

export function withLease(lease: Lease, changes: Partial<Lease>): Lease {
  return {
    token: lease.token,
    isHeld: () => lease.isHeld(),
    renew: (options) => lease.renew(options),
    release: () => lease.release(),
    ...changes,
  }
}
