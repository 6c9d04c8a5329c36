import assert from 'node:assert/strict'
import { assertReason, outcomeOf } from '../common/assertions.js'
import type { ContractCase } from '../common/contract-case.js'
import type { BalancerTrial } from './balancer-trial.js'

const nothing = { drained: [], cut: [], readmitted: [] }
/** Long enough for a sync that does not wait for its drain to resolve, short against any drain bound. */
const whileMs = 50

/** Promises 2, 3, 6 and 7. */
export const drainCases: readonly ContractCase<BalancerTrial>[] = [
  {
    name: 'a removed member gets no new requests, and sync waits for those in flight, which go on',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      const held = await trial.hold()
      const syncing = trial.startSync([second])
      await trial.untilTraffic(second)
      await trial.bounds.staysPending('sync with a request in flight', syncing, whileMs)
      await trial.bounds.staysPending('the request in flight', held.answer, 1)
      held.release()
      assert.deepEqual(await trial.answerOf(held), { status: 200, memberId: first.id })
      assert.deepEqual(await trial.finish(syncing), { ...nothing, drained: [first.id] })
    },
  },
  {
    name: 'sync resolves with cut when the drain bound has passed, and the request is cut off then',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      const held = await trial.hold()
      const { clock } = trial.bounds
      const startMs = clock.monotonic()
      const report = await trial.sync([second])
      const tookMs = clock.monotonic() - startMs
      assert.deepEqual(report, { ...nothing, cut: [first.id] })
      // Timers may fire a little early.
      assert.ok(tookMs >= 0.9 * trial.drainMs, `cut after ${tookMs} of ${trial.drainMs} ms`)
      assert.notEqual((await trial.answerOf(held)).status, 200, 'the request should be cut off')
      await trial.assertTraffic(second)
    },
  },
  {
    name: 'each removed member is in exactly one list of the report',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      const third = await trial.under.startMember()
      await trial.sync([first])
      await trial.hold()
      await trial.sync([first, second, third])
      assert.deepEqual(await trial.sync([third]), { ...nothing, drained: [second.id], cut: [first.id] })
    },
  },
  {
    name: 'a later sync brings a draining member back, and its requests go on',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      const held = await trial.hold()
      const removing = trial.startSync([second])
      await trial.untilTraffic(second)
      assert.deepEqual(await trial.sync([first, second]), nothing)
      assert.deepEqual(await trial.finish(removing), { ...nothing, readmitted: [first.id] })
      await trial.assertTraffic(first, second)
      held.release()
      assert.equal((await trial.answerOf(held)).status, 200)
    },
  },
  {
    name: 'a member brought back and removed again drains again',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      const held = await trial.hold()
      const removing = trial.startSync([second])
      await trial.untilTraffic(second)
      await trial.sync([first, second])
      const removingAgain = trial.startSync([second])
      await trial.bounds.staysPending('the second removal', removingAgain, whileMs)
      held.release()
      assert.deepEqual(await trial.finish(removingAgain), { ...nothing, drained: [first.id] })
      assert.deepEqual(await trial.finish(removing), { ...nothing, readmitted: [first.id] })
    },
  },
  {
    name: 'calls may overlap, and take effect in the order made',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      const third = await trial.under.startMember()
      const syncing = [[first], [second], [], [first, second], [third]].map((set) => trial.startSync(set))
      for (const one of syncing) await trial.finish(one)
      await trial.assertTraffic(third)
    },
  },
  {
    name: 'sync whose signal had aborted before rejects with its reason, and changes nothing',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      const reason = new Error('the caller had given up')
      const syncing = outcomeOf(trial.startSync([second], AbortSignal.abort(reason)))
      assertReason('sync', await trial.bounds.within('sync', syncing, trial.bounds.abortMs), reason)
      await trial.assertTraffic(first)
    },
  },
  {
    name: "sync that aborts while it drains rejects with the signal's reason, and what took effect stays",
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      const held = await trial.hold()
      const controller = new AbortController()
      const reason = new Error('the caller gave up')
      const syncing = outcomeOf(trial.startSync([second], controller.signal))
      await trial.untilTraffic(second)
      controller.abort(reason)
      assertReason('sync', await trial.bounds.within('sync', syncing, trial.bounds.abortMs), reason)
      await trial.assertTraffic(second)
      held.release()
      assert.equal((await trial.answerOf(held)).status, 200, 'the request in flight goes on')
    },
  },
  {
    name: "sync that aborts at any moment gives its report or rejects with the signal's reason, and the next works",
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      for (const momentMs of [0, 1, 5, 20]) {
        const reason = new Error(`the caller gave up after ${momentMs} ms`)
        const controller = new AbortController()
        const syncing = outcomeOf(trial.startSync([first], controller.signal))
        if (momentMs > 0) await trial.bounds.clock.sleep(momentMs)
        controller.abort(reason)
        const outcome = await trial.bounds.within('sync', syncing, trial.bounds.abortMs)
        if (outcome.kind === 'rejected') assertReason('sync', outcome, reason)
        await trial.sync([second])
        await trial.assertTraffic(second)
      }
    },
  },
  {
    name: 'close may be called twice, at once and later',
    async prove({ balancer, bounds, under }) {
      await bounds.within('sync', balancer.sync([await under.startMember()], { signal: neverAborts() }))
      await bounds.within('close', Promise.all([balancer.close(), balancer.close()]))
      await bounds.within('close', balancer.close())
    },
  },
]

function neverAborts(): AbortSignal {
  return new AbortController().signal
}
