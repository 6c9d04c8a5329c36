import type { CallOptions } from './deadline.js'
import type { FlotillaError } from './errors.js'
import type { Reading } from './metrics/metrics.js'
import type { Instance } from './model.js'

/** What a backend can do beyond list, launch and terminate. It selects contract cases and informs the controller. */
export interface BackendSupports {
  /** `usage` gives readings of the instances themselves. */
  readonly usage: boolean
  /** `watch` tells of changes as they happen. */
  readonly watch: boolean
  /** `terminate` ends exactly the instances named; else the engine chooses which (Docker Swarm). */
  readonly chooseVictim: boolean
}

/** One machine to make. */
export interface LaunchRequest {
  /** Lower-case letters, digits and inner hyphens, at most 63 characters. */
  readonly group: string
  /** Chosen by the caller, unique for all time; same alphabet. The same token twice is one machine. */
  readonly token: string
}

/** What a batch did, and what it could not do. Every id asked for is in exactly one of the two. */
export interface BatchReport {
  readonly done: readonly string[]
  readonly failed: readonly { readonly id: string; readonly error: FlotillaError }[]
}

/** Something changed: a hint to list again, never a fact to act on. */
export interface InstanceChange {
  readonly instanceId?: string | undefined
  /** In words, for the log: `exited with code 1`. */
  readonly what: string
}

/**
 * A place where machines are made. The promises:
 *
 * 1. `list` is the only truth about what exists, and reads its own writes. Ownership is a label on the machine itself,
 *    so a restarted controller finds its group, and machines without the label are never listed or touched.
 * 2. `launch` with the same group and token twice, at once or later, is one machine: also after a lost reply or a crash.
 * 3. A launch that fails or is aborted half way leaves nothing behind that `list` does not show.
 * 4. `terminate` of what is already gone succeeds; of a machine of another group or of nobody it fails with `not-owned`.
 *    It reports what was done and what failed, and resolves only when what it reports done no longer runs.
 * 5. Every call takes a signal, rejects with its reason when it aborts, and ends within its own bound.
 * 6. The vendor's error becomes a `FlotillaError` once, with the vendor's own as `cause`.
 * 7. `close` may be called twice, and leaves every machine running. Calls after it reject with `closed`.
 */
export interface Backend {
  readonly name: string
  readonly supports: BackendSupports
  /** Hash of what `launch` would make now; instances that carry another were made from an older template. */
  readonly templateHash?: string | undefined

  /** Every machine of the group, in no order: also stopped and failed ones, until they are terminated. */
  list(group: string, options: CallOptions): Promise<readonly Instance[]>

  /**
   * Makes one machine and returns it as soon as it exists, ready or not.
   *
   * @throws FlotillaError `invalid-template`, `quota-exceeded`, `no-capacity`, `unavailable`, `launch-failed`
   */
  launch(request: LaunchRequest, options: CallOptions): Promise<Instance>

  /** Ends machines of this group for good, with all that was made for them (disk, NIC, port, files). */
  terminate(group: string, ids: readonly string[], options: CallOptions): Promise<BatchReport>

  /**
   * Readings of the instances' own use, in one bulk call per connection: `cpu` (ratio of the instance's own limit; may
   * pass 1 for a burst; with its `windowMs`) and `memory` (bytes) at least. An instance that cannot be read gets an
   * absent reading. Present when `supports.usage`.
   */
  usage?(instances: readonly Instance[], options: CallOptions): Promise<readonly Reading[]>

  /** Changes as they happen, until the signal aborts (then it ends, without an error). Present when `supports.watch`. */
  watch?(group: string, options: CallOptions): AsyncIterable<InstanceChange>

  /**
   * Ends what was made ahead for this group and waits, when the group itself has ended. Present where the backend keeps a
   * warm pool.
   */
  endWarmPool?(group: string, options: CallOptions): Promise<unknown>

  close(): Promise<void>
}
