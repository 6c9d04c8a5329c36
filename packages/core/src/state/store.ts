import type { CallOptions } from '../async/deadline.js'
import type { Json } from '../json.js'

/** What a store has of a group. */
export type LoadedState =
  | { readonly kind: 'none' }
  | { readonly kind: 'state'; readonly state: Json }
  /** Something is there that cannot be trusted; `setAsideAs` says where it was put, when it could be. */
  | { readonly kind: 'damaged'; readonly reason: string; readonly setAsideAs?: string | undefined }

/** Who holds a group, as others see it. */
export interface LeaseHolder {
  /** In words, for errors: `process 4711 on host-a`. */
  readonly who: string
  /** Epoch milliseconds. */
  readonly since: number
  /** Its fencing token. */
  readonly token: number
}

/**
 * A group held by one controller:
 *
 * ```
 * acquire ─▶ held ─▶ released
 *             │ not renewed in time, or found to be another's
 *             ▼
 *          in doubt        never held again: its holder acquires anew, and gets a larger token
 * ```
 *
 * A holder that could not renew in time (it was suspended, the store cannot be reached) is in doubt: somebody else may hold
 * the group by now.
 */
export interface Lease {
  /** The fencing token: larger than that of every holder before. */
  readonly token: number
  /** How often the holder must call `renew`, milliseconds; absent where nothing needs renewing. */
  readonly renewEveryMs?: number | undefined
  /** False once it is lost or in doubt, for good. Asked right before every call that changes anything; does no I/O. */
  isHeld(): boolean
  /**
   * Asks the store whether it is still this holder's, and holds it for longer.
   *
   * @throws FlotillaError `conflict`, naming the holder where there is one, when it is lost or in doubt: for good; else what
   * the store rejects with, and it stays held until its time has passed
   */
  renew(options: CallOptions): Promise<void>
  /** Lets go of it; of one that is another's by now it does nothing. May be called twice. */
  release(): Promise<void>
}

/** Options of `StateStore.save()`. */
export interface SaveOptions {
  /** The token of the lease that the state is saved under; without one nothing is fenced. */
  readonly token?: number | undefined
}

/**
 * Where a group's controller keeps what must survive it: damping state, last decision, last known values. What instances
 * exist is not kept here; that the backend tells. The promises:
 *
 * 1. `load` gives what the last `save` that resolved was given, or a later one; never a mixture, and never another
 *    group's.
 * 2. What cannot be trusted is `damaged`, not an error and not a guess, and the next `save` does not destroy it.
 * 3. A `save` that fails leaves what was stored before.
 * 4. Saves of one group take effect in the order made. One that a later one overtakes before it began is left out, and
 *    resolves with that later one.
 * 5. States are copied in and out: changing one afterwards changes nothing stored.
 * 6. `close` waits for saves under way and may be called twice. Calls after it reject with `closed`. It releases the leases
 *    that were acquired through it.
 * 7. Of all that `acquire` a group only one holds it at a time. Tokens only grow, also over restarts and lost state.
 * 8. Once a larger token was given out, a `save` with an older one rejects with `conflict` and changes nothing.
 */
export interface StateStore {
  /** @throws FlotillaError `unavailable`, `permission-denied`, or `unsupported` when a newer version wrote it */
  load(group: string): Promise<LoadedState>
  /**
   * @throws FlotillaError `unavailable`, `permission-denied`; `invalid-options` when the state is not plain JSON; `conflict`
   * when the token is no longer the newest
   */
  save(group: string, state: Json, options?: SaveOptions): Promise<void>
  /**
   * Makes this controller the only one of the group until the lease is released or lost; present where the store can be
   * shared. May wait to see whether another holder is alive.
   *
   * @throws FlotillaError `conflict`, naming the holder, when another holds it; the signal's own reason
   */
  acquire?(group: string, options: CallOptions): Promise<Lease>
  /** Who holds the group now, for anybody who asks; undefined for nobody. Present with `acquire`. */
  holder?(group: string, options: CallOptions): Promise<LeaseHolder | undefined>
  /** Gives up what it holds, leases included. May be called twice. */
  close?(): Promise<void>
}
