import type { CallOptions } from '../deadline.js'
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
 * A group held by one controller. `token` is larger than that of every holder before. A holder that could not renew in time
 * (it was suspended, the store cannot be reached) is in doubt, and somebody else may hold the group by now.
 */
export interface Lease {
  readonly token: number
  /** False once it is lost or in doubt. Asked right before every call that changes anything; costs nothing. */
  isHeld(): boolean
  /**
   * Asks the store, and renews it where it still is this holder's.
   *
   * @throws FlotillaError `conflict`, naming the holder, once another has it: for good; else what the store rejects with
   */
  renew(options: CallOptions): Promise<void>
  /** Lets go of it; of one that is another's by now it does nothing. May be called twice. */
  release(): Promise<void>
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
 * 6. `close` waits for saves under way and may be called twice. Calls after it reject with `closed`.
 * 7. Of all that `acquire` a group only one holds it at a time. Tokens only grow, also over restarts and lost state.
 * 8. `save` of a holder whose lease was lost rejects with `conflict` and changes nothing.
 */
export interface StateStore {
  /** @throws FlotillaError `unavailable`, `permission-denied`, or `unsupported` when a newer version wrote it */
  load(group: string): Promise<LoadedState>
  /** @throws FlotillaError `unavailable`, `permission-denied`, or `invalid-options` when the state is not plain JSON */
  save(group: string, state: Json): Promise<void>
  /**
   * Makes this controller the only one of the group, until the function it gives is called; present where the store can
   * be shared. May wait half a minute to see whether another holder is alive.
   *
   * @throws FlotillaError `conflict` when another holds it; the signal's own reason
   */
  lock?(group: string, options?: Partial<CallOptions>): Promise<() => Promise<void>>
  /**
   * Makes this controller the only one of the group until the lease is released or lost; present where the store can be
   * shared. May wait to see whether another holder is alive.
   *
   * @throws FlotillaError `conflict`, naming the holder, when another holds it; the signal's own reason
   */
  acquire?(group: string, options: CallOptions): Promise<Lease>
  /** Who holds the group now, for anybody who asks; undefined for nobody. Present with `acquire`. */
  holder?(group: string, options: CallOptions): Promise<LeaseHolder | undefined>
  close?(): Promise<void>
}
