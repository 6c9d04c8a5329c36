import { FlotillaError } from '../../errors.js'
import type { StateStore } from '../../state/store.js'
import { type FakeStore, FakeStorage } from './fake-store.js'
import type { StoreKit } from './store-kit.js'
import type { SuiteOptions } from '../common/suite-options.js'

/** Options of `fakeStoreKit`. */
export interface FakeStoreKitOptions extends SuiteOptions {
  /** Put around every store before the suite gets it. */
  readonly wrap?: ((store: FakeStore) => StateStore) | undefined
}

/** The contract suite's kit for the fake store. */
export function fakeStoreKit({ wrap = (store) => store, ...suite }: FakeStoreKitOptions = {}): StoreKit {
  const leaseMs = 20_000
  return {
    ...suite,
    leaseMs,
    async make() {
      const storage = new FakeStorage({ clock: suite.clock, leaseMs })
      const store = storage.open('the first')
      return {
        store: wrap(store),
        reopen: async () => wrap(storage.open('another')),
        damage: (group) => void storage.texts.set(group, '{"desired":'),
        failNextSave() {
          const save = store.save.bind(store)
          store.save = async () => {
            store.save = save
            throw new FlotillaError('unavailable', 'no space left')
          }
        },
        loseState(group) {
          storage.texts.delete(group)
          storage.holders.delete(group)
        },
        cleanup: async () => {},
      }
    },
  }
}
