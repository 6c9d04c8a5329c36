import type { StateStore } from '../../state/store.js'
import type { SuiteOptions } from '../common/suite-options.js'

/**
 * One store under test, with what the suite cannot do through the contract. Whatever of it is left out skips the cases that
 * need it, with a word why.
 */
export interface StoreUnderTest {
  readonly store: StateStore
  /** Another store on the same storage, as another process or host would open it. */
  reopen?(): Promise<StateStore>
  /** Changes what is stored of a group, so that it cannot be trusted. */
  damage?(group: string): void | Promise<void>
  /** Arms a fault: the next save cannot be written. */
  failNextSave?(): void | Promise<void>
  /** Removes what is stored of a group, and who held it, as far as one accident can. The store was closed before. */
  loseState?(group: string): void | Promise<void>
  /** Removes everything that is left. */
  cleanup(): Promise<void>
}

/** How to make a store for the contract suite. Each case asks for a new one. */
export interface StoreKit extends SuiteOptions {
  /** For how long a lease is held without being renewed, milliseconds; absent where it needs no renewal. */
  readonly leaseMs?: number | undefined
  /** A new store, on storage of its own. */
  make(): Promise<StoreUnderTest>
}
