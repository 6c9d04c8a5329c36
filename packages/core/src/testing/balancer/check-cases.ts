import assert from 'node:assert/strict'
import type { BalancerCheck } from '../../balancer.js'
import { assertFlotillaError, assertReason, outcomeOf } from '../common/assertions.js'
import type { ContractCase } from '../common/contract-case.js'
import type { BalancerTrial } from './balancer-trial.js'

/** Promise 8. */
export const checkCases: readonly ContractCase<BalancerTrial>[] = [
  {
    name: 'check says yes before the first sync: there is nothing to miss',
    async prove(trial) {
      trial.needCheck()
      assertServes(await trial.check(), 'before the first sync')
    },
  },
  {
    name: 'check says yes after each sync that resolved, of an empty set too',
    async prove(trial) {
      trial.needCheck()
      const [first, second] = await trial.startTwo()
      for (const set of [[first], [first, second], [second], [], [first]]) {
        await trial.sync(set)
        assertServes(await trial.check(), `after a sync to ${set.length} members`)
      }
    },
  },
  {
    name: 'check changes nothing: traffic and requests in flight go on, and nothing is replaced',
    async prove(trial) {
      trial.needCheck()
      const [first, second] = await trial.startTwo()
      await trial.sync([first, second])
      const before = trial.under.updateCount?.()
      const held = await trial.hold()
      for (let count = 0; count < 3; count += 1) assertServes(await trial.check(), 'after a sync')
      await trial.assertTraffic(first, second)
      held.release()
      assert.equal((await trial.answerOf(held)).status, 200, 'a request in flight should not notice')
      assert.equal(trial.under.updateCount?.(), before, 'a check should replace nothing')
    },
  },
  {
    name: 'check does not say no while a sync drains, and does not wait for it',
    async prove(trial) {
      trial.needCheck()
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      const held = await trial.hold()
      const syncing = trial.startSync([second])
      await trial.untilTraffic(second)
      assertServes(await trial.check(trial.drainMs / 2), 'while a sync drains')
      held.release()
      await trial.finish(syncing)
      assertServes(await trial.check(), 'after the drain')
    },
  },
  {
    name: 'check says yes after an update that failed: the one before stays in force',
    async prove(trial) {
      trial.needCheck()
      const failNextUpdate = trial.need('failNextUpdate')
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      await failNextUpdate()
      await outcomeOf(trial.sync([second]))
      assertServes(await trial.check(), 'after an update that failed')
    },
  },
  {
    name: 'check says no, with the reason, once what is served was lost, and says so until a sync',
    async prove(trial) {
      trial.needCheck()
      const lose = trial.need('lose')
      await trial.sync([await trial.under.startMember()])
      await lose()
      assertLost(await trial.check())
      assertLost(await trial.check())
    },
  },
  {
    name: 'after a check that said no, a sync of the same set puts it back',
    async prove(trial) {
      trial.needCheck()
      const lose = trial.need('lose')
      const [first, second] = await trial.startTwo()
      await trial.sync([first, second])
      for (let count = 0; count < 2; count += 1) {
        await lose()
        assertLost(await trial.check())
        await trial.sync([first, second])
        assertServes(await trial.check(), 'after the sync that puts it back')
        await trial.assertTraffic(first, second)
      }
    },
  },
  {
    name: 'after a check that said no, a sync of another set puts that in force',
    async prove(trial) {
      trial.needCheck()
      const lose = trial.need('lose')
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      await lose()
      assertLost(await trial.check())
      await trial.sync([second])
      assertServes(await trial.check(), 'after the sync that puts it back')
      await trial.assertTraffic(second)
    },
  },
  {
    name: 'a sync that cannot put it back rejects, check goes on saying no, and the next sync puts it back',
    async prove(trial) {
      trial.needCheck()
      const [lose, failNextUpdate] = [trial.need('lose'), trial.need('failNextUpdate')]
      const first = await trial.under.startMember()
      await trial.sync([first])
      await lose()
      assertLost(await trial.check())
      await failNextUpdate()
      const { kind } = await outcomeOf(trial.sync([first]))
      assert.equal(kind, 'rejected', 'a sync that cannot put it back should reject')
      assertLost(await trial.check())
      await trial.sync([first])
      assertServes(await trial.check(), 'after the sync that puts it back')
      await trial.assertTraffic(first)
    },
  },
  {
    name: 'check rejects with unavailable or timeout when it cannot tell, and traffic goes on',
    async prove(trial) {
      trial.needCheck()
      const breakCheck = trial.need('breakCheck')
      const first = await trial.under.startMember()
      await trial.sync([first])
      await breakCheck()
      const outcome = await outcomeOf(trial.check())
      assert.ok(outcome.kind === 'rejected', 'a check that cannot tell should reject, but gave an answer')
      const { code } = assertFlotillaError('a check that cannot tell', outcome.error)
      assert.ok(code === 'unavailable' || code === 'timeout', `it should be unavailable or timeout: ${code}`)
      await trial.assertTraffic(first)
    },
  },
  {
    name: 'check whose signal had aborted before rejects with its reason',
    async prove(trial) {
      trial.needCheck()
      await trial.sync([await trial.under.startMember()])
      const reason = new Error('the caller had given up')
      const checking = outcomeOf(trial.startCheck(AbortSignal.abort(reason)))
      assertReason('check', await trial.bounds.within('check', checking, trial.bounds.abortMs), reason)
      assertServes(await trial.check(), 'after a check that was aborted')
    },
  },
]

function assertServes(check: BalancerCheck, when: string): void {
  assert.ok(check.serves, `${when}, check should say yes, but says: ${check.serves ? '' : check.reason}`)
}

function assertLost(check: BalancerCheck): void {
  assert.ok(!check.serves, 'what was set is no longer served, and check says yes')
  assert.notEqual(check.reason.trim(), '', 'check should say what it found')
}
