import assert from 'node:assert/strict'
import type { Lease } from '../../state/store.js'
import { assertCode, outcomeOf } from '../common/assertions.js'
import type { ContractCase } from '../common/contract-case.js'
import type { StoreTrial } from './store-trial.js'

/** Promises 7 and 8, where a holder was suspended or cut off. */
export const lostLeaseCases: readonly ContractCase<StoreTrial>[] = [
  {
    name: 'a lease that is renewed is held for longer than it lasts, and nobody takes it over',
    async prove(trial) {
      const leaseMs = trial.needLeaseMs()
      const lease = await trial.acquire()
      const rival = trial.tryAcquire(await trial.other())
      for (let turn = 0; turn < 8; turn += 1) {
        await trial.bounds.clock.sleep(leaseMs / 4)
        assert.equal((await trial.renew(lease)).kind, 'resolved', 'renew')
        assert.equal(lease.isHeld(), true, 'held')
      }
      assertCode('the rival', await rival, 'conflict')
    },
  },
  {
    name: 'a lease that was not renewed in time is no longer held, for good: its holder acquires anew, with a larger token',
    async prove(trial) {
      const lease = await notRenewed(trial)
      assertCode('renew of what is in doubt', await trial.renew(lease), 'conflict')
      assert.equal(lease.isHeld(), false, 'what is in doubt is not held again')
      const next = await trial.takeOver()
      assert.ok(next.token > lease.token, `token ${next.token} after ${lease.token}`)
      assert.deepEqual([lease.isHeld(), next.isHeld()], [false, true], 'only the next is held')
    },
  },
  {
    name: 'another takes over what was not renewed in time, and the first stays without it',
    async prove(trial) {
      const lease = await notRenewed(trial)
      const next = await trial.takeOver(await trial.other())
      assert.ok(next.token > lease.token, `token ${next.token} after ${lease.token}`)
      assertCode('renew of the first', await trial.renew(lease), 'conflict')
      await trial.bounds.within('release', lease.release())
      assert.deepEqual([lease.isHeld(), next.isHeld()], [false, true], 'held after the first has let go')
      assert.equal((await trial.renew(next)).kind, 'resolved', 'renew of the next')
      assert.equal((await trial.holder())?.token, next.token, 'the holder')
    },
  },
  {
    name: 'save with the token of the lease works, and without one too',
    async prove(trial) {
      const { token } = await trial.acquire()
      await trial.save(1, { token })
      await trial.save(2)
      await trial.save(3, { token })
      assert.deepEqual(await trial.load(), { kind: 'state', state: 3 })
    },
  },
  {
    name: 'save with an older token rejects with conflict and changes nothing',
    async prove(trial) {
      const first = await trial.acquire()
      await trial.save('of the first', { token: first.token })
      await trial.bounds.within('release', first.release())
      const other = await trial.other()
      const next = await trial.acquire(other)
      await trial.save('of the next', { store: other, token: next.token })
      for (const store of [trial.store, other]) {
        const late = outcomeOf(store.save(trial.group, 'too late', { token: first.token }))
        assertCode('a late save', await trial.bounds.within('save', late), 'conflict')
        assert.deepEqual(await trial.load({ store: other }), { kind: 'state', state: 'of the next' })
      }
      await trial.save('once more', { store: other, token: next.token })
      assert.deepEqual(await trial.load({ store: other }), { kind: 'state', state: 'once more' })
    },
  },
  {
    name: 'save of who was taken over rejects with conflict before the next has saved anything',
    async prove(trial) {
      const first = await trial.acquire()
      await trial.save('of the first', { token: first.token })
      await trial.bounds.within('release', first.release())
      await trial.acquire(await trial.other())
      const late = outcomeOf(trial.store.save(trial.group, 'too late', { token: first.token }))
      assertCode('a late save', await trial.bounds.within('save', late), 'conflict')
      assert.deepEqual(await trial.load(), { kind: 'state', state: 'of the first' })
    },
  },
]

async function notRenewed(trial: StoreTrial): Promise<Lease> {
  const leaseMs = trial.needLeaseMs()
  const lease = await trial.acquire()
  assert.equal(lease.isHeld(), true, 'held once acquired')
  await trial.bounds.clock.sleep(leaseMs + 1)
  assert.equal(lease.isHeld(), false, 'held although it was not renewed')
  return lease
}
