import assert from 'node:assert/strict'
import type { Lease, StateStore } from '../../state/store.js'
import { assertCode, assertReason, type Outcome, outcomeOf } from '../common/assertions.js'
import { skipCase, type ContractCase } from '../common/contract-case.js'
import type { StoreTrial } from './store-trial.js'

/** Promise 7, while nobody loses anything. */
export const leaseCases: readonly ContractCase<StoreTrial>[] = [
  {
    name: 'a lease is held from its acquisition to its release, which may be done twice',
    async prove(trial) {
      const lease = await trial.acquire()
      assert.ok(Number.isSafeInteger(lease.token) && lease.token > 0, `a token above 0, got ${lease.token}`)
      assert.equal(lease.isHeld(), true, 'held once acquired')
      const renewed = await trial.renew(lease)
      assert.equal(renewed.kind, 'resolved', 'renew of what is held')
      assert.equal(lease.isHeld(), true, 'held once renewed')
      await trial.bounds.within('release', lease.release())
      await trial.bounds.within('release', lease.release())
      assert.equal(lease.isHeld(), false, 'not held once released')
      assertCode('renew of what was released', await trial.renew(lease), 'conflict')
    },
  },
  {
    name: 'a second one is refused with conflict, naming the holder, and the first is not disturbed',
    async prove(trial) {
      const lease = await trial.acquire()
      const holder = await trial.holder()
      assert.equal(holder?.token, lease.token, 'the token of the holder')
      for (const store of [trial.store, await trial.other()]) {
        const { message } = assertCode('a second acquire', await trial.tryAcquire(store), 'conflict')
        assert.ok(message.includes(new Date(holder.since).toISOString()), `it says since when: ${message}`)
        assert.equal((await trial.holder(store))?.token, lease.token, 'the holder, as another sees it')
      }
      assert.equal((await trial.renew(lease)).kind, 'resolved', 'renew of the first')
      assert.equal(lease.isHeld(), true, 'the first is still held')
    },
  },
  {
    name: 'of many that acquire at once only one holds it',
    async prove(trial) {
      const stores = [trial.store, ...(await several(trial))]
      const tried = await Promise.all(
        Array.from({ length: 8 }, (_, index) => trial.tryAcquire(stores[index % stores.length])),
      )
      assert.equal(leasesOf(tried).filter((lease) => lease.isHeld()).length, 1, 'holders of eight')
      for (const outcome of tried)
        if (outcome.kind === 'rejected') assertCode('the others', outcome, 'conflict')
    },
  },
  {
    name: 'groups are held apart',
    async prove(trial) {
      const lease = await trial.acquire()
      const { signal } = new AbortController()
      const other = trial.store.acquire?.(`${trial.group}-2`, { signal })
      if (other === undefined) return skipCase('the store has no acquire')
      const second = await trial.bounds.within('acquire', other)
      assert.ok(lease.isHeld() && second.isHeld(), 'both are held')
    },
  },
  {
    name: 'what was released can be acquired at once, with a larger token',
    async prove(trial) {
      let last = 0
      for (const store of [trial.store, await trial.other(), trial.store]) {
        const lease = await trial.bounds.within('acquire', trial.startAcquire(store))
        assert.ok(lease.token > last, `token ${lease.token} after ${last}`)
        assert.equal((await trial.holder())?.token, lease.token, 'the holder')
        last = lease.token
        await trial.bounds.within('release', lease.release())
        assert.equal(await trial.holder(), undefined, 'nobody holds what was released')
      }
    },
  },
  {
    name: 'close releases what was acquired, and the next store gets a larger token',
    async prove(trial) {
      trial.need('reopen')
      const lease = await trial.acquire()
      await trial.bounds.within('close', Promise.resolve(trial.store.close?.()))
      assert.equal(lease.isHeld(), false, 'not held once the store is closed')
      const next = await trial.bounds.within('acquire', trial.startAcquire(await trial.reopen()))
      assert.ok(next.token > lease.token, `token ${next.token} after ${lease.token}`)
    },
  },
  {
    name: 'tokens grow also when the state was lost',
    async prove(trial) {
      const loseState = trial.need('loseState')
      trial.need('reopen')
      const first = await trial.acquire()
      await trial.save(1, { token: first.token })
      await trial.bounds.within('close', Promise.resolve(trial.store.close?.()))
      await loseState(trial.group)
      const next = await trial.acquire(await trial.reopen())
      assert.ok(next.token > first.token, `token ${next.token} after ${first.token}`)
    },
  },
  {
    name: "acquire rejects with the signal's own reason",
    async prove(trial) {
      const abort = new AbortController()
      const reason = new Error('enough')
      abort.abort(reason)
      const outcome = await outcomeOf(
        trial.bounds.within('acquire', trial.startAcquire(trial.store, abort.signal), trial.bounds.abortMs),
      )
      assertReason('acquire', outcome, reason)
      assert.equal(await trial.holder(), undefined, 'nobody holds it')
    },
  },
]

export const leasesOf = (tried: readonly Outcome<Lease>[]): readonly Lease[] =>
  tried.flatMap((outcome) => (outcome.kind === 'resolved' ? [outcome.value] : []))

/** More stores on the same storage, as far as the kit can open them. */
async function several(trial: StoreTrial): Promise<readonly StateStore[]> {
  if (trial.under.reopen === undefined) return []
  return [await trial.reopen(), await trial.reopen(), await trial.reopen()]
}
