import type { Address } from '@flotilla/core'

/** How the removal of a member ended. */
export type DrainOutcome = 'drained' | 'cut' | 'readmitted'

/** Workers that were told to leave at the same time. */
export interface Generation {
  readonly ids: readonly string[]
  /** By the clock that never jumps; -Infinity when nobody knows. */
  readonly toldAtMs: number
}

/** The workers that may still have requests for what an update took out; undefined where workers cannot be seen. */
export type LeavingWorkers = readonly Generation[] | undefined

/** What is removed; undefined for what a controller before this one removed. */
export type Removed = { readonly memberId: string; readonly address: Address } | undefined

/** One removal under way, or over. */
export interface Drain {
  readonly memberId: string | undefined
  /** Never rejects. */
  readonly outcome: Promise<DrainOutcome>
}
