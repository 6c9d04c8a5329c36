import { describe, expect, it } from 'vitest'
import {
  collectCases,
  FakeClock,
  fakeStoreKit,
  inFakeTime,
  testStateStore,
  type StoreUnderTest,
} from '@flotilla/core/testing'
import { breakStore, type BrokenStore } from './broken/broken-store.js'
import { brokenLeases } from './broken/broken-leases.js'
import { brokenStates } from './broken/broken-states.js'
import { misjudged, namesOf, rightly, runSuite, withoutSuite } from '../common/prove-suite.js'

const brokenStores: readonly BrokenStore[] = [...brokenStates, ...brokenLeases]
const fakeTime = new FakeClock()

testStateStore(inFakeTime({ describe, it }, fakeTime), 'the fake store', fakeStoreKit({ clock: fakeTime }))

describe('testStateStore', () => {
  it.each(brokenStores)('finds a store that $that', async (broken) => {
    const results = await runSuite((runner, clock) =>
      testStateStore(
        runner,
        'a broken store',
        fakeStoreKit({ clock, wrap: (inner) => breakStore(inner, broken.breaks) }),
      ),
    )
    expect(misjudged(results, broken)).toEqual(rightly)
  })

  it('skips, with the reason, what a store has not or its kit cannot do', async () => {
    const results = await runSuite((runner, clock) => {
      const kit = fakeStoreKit({ clock })
      const make = async (): Promise<StoreUnderTest> => {
        const { store } = await kit.make()
        return {
          store: {
            load: (group) => store.load(group),
            save: (group, state, options) => store.save(group, state, options),
          },
          cleanup: async () => {},
        }
      }
      testStateStore(runner, 'a plain store', { clock, make })
    })
    expect(namesOf(results, 'failed')).toEqual([])
    const reasons = new Set(results.flatMap(({ reason }) => reason ?? []))
    expect(reasons).toEqual(
      new Set([
        'the kit has no damage',
        'the kit has no failNextSave',
        'the kit has no loseState',
        'the kit has no reopen',
        'the store has no close',
        'the store has no acquire',
        'its leases need no renewal',
      ]),
    )
  })

  it('has a broken store for each of its cases', () => {
    const cases = collectCases()
    testStateStore(cases, 'any', fakeStoreKit())
    const found = new Set(brokenStores.flatMap(({ fails }) => fails))
    expect(cases.names().filter((name) => !found.has(withoutSuite(name)))).toEqual([])
  })
})
