import type { CallOptions } from './async/deadline.js'
import type { FlotillaError } from './errors.js'
import type { Reading } from './metrics/metrics.js'
import type { Instance } from './model.js'

/** What a backend can do beyond list, launch and terminate. It selects contract cases and informs the controller. */
export interface BackendSupports {
  /** `usage` gives readings of the instances themselves. */
  readonly usage: boolean
  /** `watch` tells of changes as they happen. */
  readonly watch: boolean
  /**
   * `terminate` ends exactly the instances named; else the engine chooses which (Docker Swarm). Then it is called only when
   * the group shall have fewer: one that is broken stays a member, out of service, until the engine has mended it in its
   * place, under the same id.
   */
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

/** Something that stands between a backend and its work, and what a person may do about it. */
export interface BackendProblem {
  /** What it is about, and its key: one problem for each; a disk's path, a port's id, `warm pool`. */
  readonly about: string
  /** In words, with what would do. */
  readonly message: string
  readonly error?: FlotillaError | undefined
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
 * 8. What this process did not see being made is deleted only when everyone who can use it was asked and does not. In
 *    doubt it stays, and `problems` says so.
 */
export interface Backend {
  readonly name: string
  readonly supports: BackendSupports
  /**
   * Where its machines live, told without asking anybody: the engine's address, the hypervisors' URIs, the cloud and project,
   * the directory. Two controllers of one group, backend name and scope work on the same machines: on one host the second
   * one is refused. Absent where that cannot be told.
   */
  readonly scope?: string | undefined
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
   * The last lines that an instance wrote, oldest first, also of one that has exited: at most `lastLines` gives, secrets of
   * the template removed. Undefined when there are none. Present where the platform keeps them.
   */
  lastOutput?(instance: Instance, options: CallOptions): Promise<string | undefined>

  /**
   * What stands in the way at this moment and is no call's own failure: work in the background that fails, a leftover that
   * must not be removed without asking. Costs nothing: it tells what is known. One that is over is no longer in it.
   */
  problems?(group: string): readonly BackendProblem[]

  /**
   * Ends what exists for this group beside its machines, when the group itself has ended: a warm pool, ports, addresses,
   * disks and files. Waits for what is under way for it, and leaves nothing behind, or says so in the report. Present where
   * there can be such things.
   */
  endGroup?(group: string, options: CallOptions): Promise<BatchReport>

  /** Ends what this object holds. Machines run on; calls from now on reject with `closed`. May be called twice. */
  close(): Promise<void>
}
