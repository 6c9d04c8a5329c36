import type { Address } from '@flotilla/core'

/** How the removal of a member ended. */
export type DrainOutcome = 'drained' | 'cut' | 'readmitted'

/** The workers that may still have requests for what an update took out. */
export interface LeavingWorkers {
  /** Undefined where workers cannot be seen. */
  readonly ids: readonly string[] | undefined
  /** When they were told to leave, by the clock that never jumps. */
  readonly toldAtMs: number
}

/** What is removed; undefined for what a controller before this one removed. */
export type Removed = { readonly memberId: string; readonly address: Address } | undefined

/** One removal under way, or over. */
export interface Drain {
  readonly memberId: string | undefined
  /** Never rejects. */
  readonly outcome: Promise<DrainOutcome>
}
