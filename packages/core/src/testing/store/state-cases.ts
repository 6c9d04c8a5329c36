import assert from 'node:assert/strict'
import type { Json } from '../../json.js'
import type { LoadedState } from '../../state/store.js'
import { assertCode, outcomeOf } from '../common/assertions.js'
import { uniqueName } from '../common/kit-trial.js'
import { skipCase, type ContractCase } from '../common/contract-case.js'
import type { StoreTrial } from './store-trial.js'

const badNames = ['', '../web', 'Web', 'a/b', '.', 'web.json', 'a\0b', '-a', 'x'.repeat(64)]

function assertState(loaded: LoadedState, state: Json, message: string): void {
  assert.deepEqual(loaded, { kind: 'state', state }, message)
}

/** Promises 1 to 6. */
export const stateCases: readonly ContractCase<StoreTrial>[] = [
  {
    name: 'load has nothing of a group that was never saved',
    async prove(trial) {
      assert.deepEqual(await trial.load(), { kind: 'none' })
    },
  },
  {
    name: 'load gives what was saved last, also to another store on the same storage',
    async prove(trial) {
      const state = { desired: 2, list: [1, null, 'x'], 'ümläut "quoted"\n': -1e-9 }
      await trial.save({ desired: 1 })
      await trial.save(state)
      assertState(await trial.load(), state, 'loaded by who saved it')
      if (trial.under.reopen === undefined) return
      assertState(await trial.load({ store: await trial.reopen() }), state, 'loaded by another')
    },
  },
  {
    name: 'groups are kept apart',
    async prove(trial) {
      const longer = `${trial.group}-2`
      await trial.save(1)
      await trial.save(2, { group: longer })
      assertState(await trial.load(), 1, 'of the first')
      assertState(await trial.load({ group: longer }), 2, 'of the second')
    },
  },
  {
    name: 'what cannot be trusted is damaged, not an error and not a guess',
    async prove(trial) {
      const damage = trial.need('damage')
      await trial.save({ desired: 7 })
      await damage(trial.group)
      const loaded = await trial.load({ store: await trial.other() })
      assert.equal(loaded.kind, 'damaged')
      assert.ok(loaded.kind === 'damaged' && loaded.reason.trim() !== '', 'it says why')
      await trial.save({ desired: 8 })
      assertState(await trial.load(), { desired: 8 }, 'saved anew')
    },
  },
  {
    name: 'a save that fails leaves what was stored before, and the next one works',
    async prove(trial) {
      const failNextSave = trial.need('failNextSave')
      await trial.save(1)
      await failNextSave()
      const outcome = await trial.bounds.within('save', outcomeOf(trial.store.save(trial.group, 2)))
      assertCode('a save that cannot be written', outcome)
      assertState(await trial.load(), 1, 'after the save that failed')
      await trial.save(3)
      assertState(await trial.load(), 3, 'after the next save')
    },
  },
  {
    name: 'a state that is not plain JSON is refused with invalid-options, and the one before is kept',
    async prove(trial) {
      await trial.save(1)
      const outcome = await trial.bounds.within(
        'save',
        outcomeOf(trial.store.save(trial.group, { rate: Number.NaN })),
      )
      assertCode('a save of NaN', outcome, 'invalid-options')
      assertState(await trial.load(), 1, 'after the save that was refused')
    },
  },
  {
    name: 'saves of one group take effect in the order made',
    async prove(trial) {
      const { store, group, bounds } = trial
      const saves = Array.from({ length: 50 }, (_, count) => store.save(group, { count }))
      await bounds.within('50 saves', Promise.all(saves))
      assertState(await trial.load(), { count: 49 }, 'the last of 50')
    },
  },
  {
    name: 'saves of many groups at once reach each their own',
    async prove(trial) {
      const groups = Array.from({ length: 30 }, () => uniqueName('group'))
      await trial.bounds.within(
        '30 saves',
        Promise.all(groups.map((group) => trial.store.save(group, group))),
      )
      for (const group of groups) assertState(await trial.load({ group }), group, 'of its group')
    },
  },
  {
    name: 'states are copied in and out',
    async prove(trial) {
      const state = { inner: { desired: 1 } }
      const saving = trial.store.save(trial.group, state)
      state.inner.desired = 99
      await trial.bounds.within('save', saving)
      const loaded = await trial.load()
      if (loaded.kind === 'state') (loaded.state as typeof state).inner.desired = 77
      assertState(await trial.load(), { inner: { desired: 1 } }, 'after both were changed')
    },
  },
  {
    name: 'a name that no group can have is refused with invalid-options',
    async prove({ store, bounds }) {
      for (const name of badNames) {
        const calls = { load: async () => store.load(name), save: async () => store.save(name, 1) }
        for (const [what, call] of Object.entries(calls)) {
          const outcome = await bounds.within(what, outcomeOf<unknown>(call()))
          assertCode(`${what} of ${JSON.stringify(name)}`, outcome, 'invalid-options')
        }
      }
    },
  },
  {
    name: 'close waits for saves under way',
    async prove(trial) {
      if (trial.store.close === undefined) return skipCase('the store has no close')
      const saving = trial.store.save(trial.group, 1)
      const isSaved = saving.then(() => true)
      await trial.bounds.within('close', trial.store.close())
      const isThere = await Promise.race([isSaved, Promise.resolve().then(() => undefined)])
      assert.ok(isThere, 'the save should be over when close is')
      if (trial.under.reopen !== undefined)
        assertState(await trial.load({ store: await trial.reopen() }), 1, 'saved')
    },
  },
  {
    name: 'close may be called twice, and calls after it reject with closed',
    async prove(trial) {
      const { store, group, bounds } = trial
      if (store.close === undefined) return skipCase('the store has no close')
      await bounds.within('close', Promise.all([store.close(), store.close()]))
      await bounds.within('close', store.close())
      assertCode('load', await bounds.within('load', outcomeOf(store.load(group))), 'closed')
      assertCode('save', await bounds.within('save', outcomeOf(store.save(group, 1))), 'closed')
      if (store.acquire !== undefined) assertCode('acquire', await trial.tryAcquire(), 'closed')
    },
  },
]
