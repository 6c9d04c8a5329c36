import type { CallOptions } from './async/deadline.js'

/** One target of the balancer. */
export interface BalancerMember {
  /** The instance's id. */
  readonly id: string
  readonly host: string
  /** 1..65535 */
  readonly port: number
  /** Share of new requests relative to the others; default 1. */
  readonly weight?: number | undefined
}

/** What became of the members that a `sync` removed. Each is in exactly one list. */
export interface SyncReport {
  /** They have no traffic left. */
  readonly drained: readonly string[]
  /** The drain bound passed while they still had some; it was cut off. */
  readonly cut: readonly string[]
  /** A later `sync` brought them back. */
  readonly readmitted: readonly string[]
}

/** Whether clients get what the last `sync` set. */
export type BalancerCheck =
  | { readonly serves: true }
  /** `reason` says what was found in its place, and what a person may do. */
  | { readonly serves: false; readonly reason: string }

/**
 * What spreads requests over the members. The promises:
 *
 * 1. `sync` is declarative: the set given replaces the one before. The same set twice changes nothing and is cheap.
 * 2. It resolves when every new member takes traffic and every member that this call removed has none left, or the
 *    drain bound has passed. Requests in flight to a removed member go on meanwhile; it gets no new ones.
 * 3. Calls may overlap and take effect in the order made: a later one can bring back a member that is draining.
 * 4. An invalid or empty configuration is never installed: an empty set answers 503 with Retry-After.
 * 5. A failed update rejects, and the one before stays in force.
 * 6. It rejects with the signal's reason when aborted; what took effect by then stays.
 * 7. `close` may be called twice.
 * 8. `check` asks from outside, cheaply, whether what serves now is what the last `sync` that resolved had set: restarted,
 *    replaced, edited, removed, never included or shadowed by another, it is not. After a check that says no, the next
 *    `sync` puts it back, also with the same set; where it cannot, it rejects and says why. Before the first `sync` there
 *    is nothing to miss. `check` rejects with `unavailable` or `timeout` when it cannot tell, and changes nothing.
 */
export interface LoadBalancer {
  readonly name: string
  /** Makes these the members, all of them, and waits until those that are none any more have no traffic left. */
  sync(members: readonly BalancerMember[], options: CallOptions): Promise<SyncReport>
  /** Asked at every tick. Absent only where the balancer is this process's own memory. */
  check?(options: CallOptions): Promise<BalancerCheck>
  /** Ends what this object holds. May be called twice. */
  close(): Promise<void>
}
