import { setMaxListeners } from 'node:events'
import type { FlotillaError } from '../../errors.js'
import type { Lease } from '../../state/store.js'

/**
 * One stretch of time in which this controller is the group's only one. What was planned in a term that has ended is never
 * carried out: the next term begins from the stored state, as after a restart.
 */
export class Term {
  /** Aborts when the term ends because the group was lost, with the reason; not when the controller stops. */
  readonly lost: AbortSignal
  /** Epoch milliseconds. */
  readonly since: number
  /** What the state is saved under; absent without a lease of the store. */
  token: number | undefined
  /** Whether the state may be saved: not while the store could not be asked who holds the group. */
  maySave = true
  readonly #end = new AbortController()
  readonly #leases: Lease[]
  readonly #onDoubt: () => void

  /** @param onDoubt - called when a lease turns out to be lost or in doubt; it has to `end` the term */
  constructor(leases: readonly Lease[], since: number, onDoubt: () => void) {
    this.#leases = [...leases]
    this.since = since
    this.#onDoubt = onDoubt
    this.lost = this.#end.signal
    // Every call under way listens to it.
    setMaxListeners(0, this.lost)
  }

  get leases(): readonly Lease[] {
    return this.#leases
  }

  /** Whether this controller may act now. Does no I/O: it is asked right before every call that changes anything. */
  isHeld(): boolean {
    if (this.lost.aborted) return false
    if (this.#leases.every((lease) => lease.isHeld())) return true
    this.#onDoubt()
    return false
  }

  /** A lease that could not be had when the term began. */
  add(lease: Lease): void {
    this.#leases.push(lease)
  }

  end(reason: FlotillaError): void {
    this.#end.abort(reason)
  }
}
