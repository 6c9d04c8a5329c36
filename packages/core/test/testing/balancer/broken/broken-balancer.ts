import {
  FlotillaError,
  type BalancerMember,
  type Clock,
  type LoadBalancer,
  type SyncReport,
} from '@flotilla/core'
import type { BalancerUnderTest, FakeBalancer } from '@flotilla/core/testing'

type Sync = LoadBalancer['sync']

/** A balancer that breaks one promise, and exactly the cases that must find it. */
export interface BrokenBalancer {
  /** Completes "finds a balancer that …". */
  readonly that: string
  readonly breaks?: ((inner: FakeBalancer, clock: Clock) => Partial<LoadBalancer>) | undefined
  /** What it does otherwise with requests. */
  readonly traffic?: (under: BalancerUnderTest) => Partial<BalancerUnderTest>
  /** The inner balancer's drain bound, where it is not what the kit says. */
  readonly drainMs?: number
  readonly fails: readonly string[]
  /** True when so much stands on the promise that further cases fail too. */
  readonly andMore?: boolean
}

export const nothing: SyncReport = { drained: [], cut: [], readmitted: [] }

/** The good balancer with something around its sync. */
export function around(
  wrap: (sync: Sync, inner: FakeBalancer, clock: Clock) => Sync,
): (inner: FakeBalancer, clock: Clock) => Partial<LoadBalancer> {
  return (inner, clock) => ({ sync: wrap(inner.sync.bind(inner), inner, clock) })
}

/** The good balancer with its reports changed on the way out. */
export function reporting(change: (report: SyncReport) => SyncReport): BrokenBalancer['breaks'] {
  return around((sync) => async (members, options) => change(await sync(members, options)))
}

/** The good balancer with what it fails with changed on the way out. */
export function failing(
  change: (error: unknown, signal: AbortSignal, inner: FakeBalancer) => unknown,
): BrokenBalancer['breaks'] {
  return around((sync, inner) => async (members, options) => {
    try {
      return await sync(members, options)
    } catch (error) {
      throw await change(error, options.signal, inner)
    }
  })
}

export function removedBy(members: readonly BalancerMember[], inner: FakeBalancer): readonly string[] {
  return inner.members.map(({ id }) => id).filter((id) => !members.some((member) => member.id === id))
}

export const ids = (members: readonly BalancerMember[]): string => members.map(({ id }) => id).join()

export function isCode(error: unknown, code: FlotillaError['code']): error is FlotillaError {
  return error instanceof FlotillaError && error.code === code
}

export const never: AbortSignal = new AbortController().signal
