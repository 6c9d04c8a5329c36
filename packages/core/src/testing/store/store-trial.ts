import assert from 'node:assert/strict'
import { messageOf } from '../../errors.js'
import type { Json } from '../../json.js'
import type { Lease, LeaseHolder, LoadedState, StateStore } from '../../state/store.js'
import { assertCode, type Outcome, outcomeOf } from '../common/assertions.js'
import type { Bounds } from '../common/bounds.js'
import { skipCase } from '../common/contract-case.js'
import { KitTrial, uniqueName } from '../common/kit-trial.js'
import type { StoreKit, StoreUnderTest } from './store-kit.js'

type Ability = Exclude<keyof StoreUnderTest, 'store' | 'cleanup'>

/** One case's store, with every call bounded. */
export class StoreTrial extends KitTrial<StoreUnderTest, Ability> {
  readonly store: StateStore
  readonly group: string = uniqueName('group')
  readonly #leaseMs: number | undefined
  readonly #opened: StateStore[]

  constructor(under: StoreUnderTest, bounds: Bounds, leaseMs: number | undefined) {
    super(under, bounds)
    this.store = under.store
    this.#leaseMs = leaseMs
    this.#opened = [under.store]
  }

  static async open(kit: StoreKit, bounds: Bounds): Promise<StoreTrial> {
    const under = await bounds.within('make', kit.make(), bounds.eventuallyMs)
    return new StoreTrial(under, bounds, kit.leaseMs)
  }

  /** How long a lease lasts; skips the case when it lasts for ever. */
  needLeaseMs(): number {
    return this.#leaseMs ?? skipCase('its leases need no renewal')
  }

  async reopen(): Promise<StateStore> {
    const store = await this.bounds.within('reopen', this.need('reopen')(), this.bounds.eventuallyMs)
    this.#opened.push(store)
    return store
  }

  /** A store that shares the storage: another one where the kit can open it, else the very same. */
  async other(): Promise<StateStore> {
    return this.under.reopen === undefined ? this.store : this.reopen()
  }

  async save(state: Json, { store = this.store, group = this.group, token }: SaveGiven = {}): Promise<void> {
    await this.bounds.within('save', store.save(group, state, { token }))
  }

  async load({ store = this.store, group = this.group }: SaveGiven = {}): Promise<LoadedState> {
    return this.bounds.within('load', store.load(group))
  }

  /** Not bounded: for cases that look at how the call settles. */
  startAcquire(store: StateStore = this.store, signal: AbortSignal = never): Promise<Lease> {
    if (store.acquire === undefined) return skipCase('the store has no acquire')
    return store.acquire(this.group, { signal })
  }

  async acquire(store: StateStore = this.store): Promise<Lease> {
    return this.bounds.within('acquire', this.startAcquire(store), this.bounds.eventuallyMs)
  }

  /** Acquires what a holder has not renewed: at the latest when the store takes that one for dead. */
  async takeOver(store: StateStore = this.store): Promise<Lease> {
    return this.bounds.eventually('a lease to be taken over', async () => {
      const outcome = await this.tryAcquire(store)
      if (outcome.kind === 'resolved') return outcome.value
      assertCode('acquire of what was not renewed', outcome, 'conflict')
      return assert.fail(`it should be taken over: ${messageOf(outcome.error)}`)
    })
  }

  async tryAcquire(store: StateStore = this.store): Promise<Outcome<Lease>> {
    return this.bounds.within('acquire', outcomeOf(this.startAcquire(store)), this.bounds.eventuallyMs)
  }

  async holder(store: StateStore = this.store): Promise<LeaseHolder | undefined> {
    const asked = store.holder?.(this.group, { signal: never })
    return this.bounds.within('holder', asked ?? skipCase('the store has no holder'))
  }

  async renew(lease: Lease): Promise<Outcome<void>> {
    return this.bounds.within('renew', outcomeOf(lease.renew({ signal: never })))
  }

  async end(): Promise<void> {
    for (const store of this.#opened) {
      await outcomeOf(this.bounds.within('close', Promise.resolve(store.close?.())))
    }
    await this.bounds.within('cleanup', this.under.cleanup(), this.bounds.eventuallyMs)
  }
}

export interface SaveGiven {
  readonly store?: StateStore | undefined
  readonly group?: string | undefined
  readonly token?: number | undefined
}

const never = new AbortController().signal
