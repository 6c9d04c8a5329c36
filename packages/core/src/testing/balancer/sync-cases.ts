import assert from 'node:assert/strict'
import type { BalancerMember } from '../../balancer.js'
import { assertCode, outcomeOf } from '../common/assertions.js'
import type { ContractCase } from '../common/contract-case.js'
import type { BalancerTrial } from './balancer-trial.js'

const nothing = { drained: [], cut: [], readmitted: [] }

/** Promises 1, 4 and 5. */
export const syncCases: readonly ContractCase<BalancerTrial>[] = [
  {
    name: 'new members take traffic when sync resolves',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      assert.deepEqual(await trial.sync([first]), nothing)
      await trial.assertTraffic(first)
      assert.deepEqual(await trial.sync([first, second]), nothing)
      await trial.assertTraffic(first, second)
    },
  },
  {
    name: 'the set given replaces the one before',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      assert.deepEqual(await trial.sync([second]), { ...nothing, drained: [first.id] })
      await trial.assertTraffic(second)
      assert.deepEqual(await trial.sync([first]), { ...nothing, drained: [second.id] })
      await trial.assertTraffic(first)
    },
  },
  {
    name: 'the same set twice changes nothing',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first, second])
      const held = await trial.hold()
      assert.deepEqual(await trial.sync([first, second]), nothing)
      await trial.assertTraffic(first, second)
      held.release()
      assert.equal((await trial.answerOf(held)).status, 200, 'a request in flight should not notice')
    },
  },
  {
    name: 'the same set twice is cheap: nothing is replaced',
    async prove(trial) {
      const updateCount = trial.need('updateCount')
      const [first, second] = await trial.startTwo()
      await trial.sync([first, second])
      const before = updateCount()
      await trial.sync([first, second])
      assert.equal(updateCount(), before)
      await trial.sync([first])
      assert.ok(updateCount() > before, 'another set should be an update')
    },
  },
  {
    name: 'a member that is known by its id may come back at another port',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      await trial.assertTraffic(first)
      await trial.sync([{ ...second, id: first.id }])
      await trial.assertTraffic(second)
    },
  },
  {
    name: 'a member with three times the weight gets more requests',
    async prove(trial) {
      const [light, heavy] = await trial.startTwo()
      await trial.sync([light, { ...heavy, weight: 3 }])
      let heavyCount = 0
      const requestCount = 80
      for (let sent = 0; sent < requestCount; sent += 1) {
        if ((await trial.request()).memberId === heavy.id) heavyCount += 1
      }
      assert.ok(heavyCount > requestCount / 2, `${heavyCount} of ${requestCount} went to the heavy one`)
      assert.ok(heavyCount < requestCount, 'the light one should get some too')
    },
  },
  {
    name: 'an empty set answers 503 with Retry-After',
    async prove(trial) {
      const first = await trial.under.startMember()
      assert.deepEqual(await trial.sync([]), nothing)
      assertUnavailable(await trial.request())
      await trial.sync([first])
      assert.deepEqual(await trial.sync([]), { ...nothing, drained: [first.id] })
      assertUnavailable(await trial.request())
      await trial.sync([first])
      await trial.assertTraffic(first)
    },
  },
  {
    name: 'an invalid member is never installed: sync rejects with invalid-options, and the set before stays',
    async prove(trial) {
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      for (const [what, wrong] of wrongMembers) {
        const outcome = await outcomeOf(trial.sync([{ ...second, ...wrong }]))
        assertCode(`sync of a member with ${what}`, outcome, 'invalid-options')
        await trial.assertTraffic(first)
      }
    },
  },
  {
    name: 'a failed update rejects, the one before stays in force, and the next one works',
    async prove(trial) {
      const failNextUpdate = trial.need('failNextUpdate')
      const [first, second] = await trial.startTwo()
      await trial.sync([first])
      await failNextUpdate()
      assertCode('an update that fails', await outcomeOf(trial.sync([second])))
      await trial.assertTraffic(first)
      assert.deepEqual(await trial.sync([second]), { ...nothing, drained: [first.id] })
      await trial.assertTraffic(second)
    },
  },
]

const wrongMembers: readonly (readonly [string, Partial<BalancerMember>])[] = [
  ['no id', { id: '' }],
  ['no host', { host: '' }],
  ['a space in its host', { host: 'a b' }],
  ['a directive in its host', { host: '127.0.0.1;} server { listen 1' }],
  ['a newline in its host', { host: '127.0.0.1\nx' }],
  ['a URL for its host', { host: 'http://127.0.0.1/' }],
  ['port 0', { port: 0 }],
  ['port 65536', { port: 65_536 }],
  ['port 80.5', { port: 80.5 }],
  ['port NaN', { port: NaN }],
  ['a negative weight', { weight: -1 }],
  ['weight NaN', { weight: NaN }],
  ['weight Infinity', { weight: Infinity }],
]

function assertUnavailable({
  status,
  retryAfter,
}: {
  status: number
  retryAfter?: string | undefined
}): void {
  assert.equal(status, 503)
  const isTime = /^\d+$/.test(retryAfter ?? '') || !Number.isNaN(Date.parse(retryAfter ?? ''))
  assert.ok(isTime, `Retry-After is a number of seconds or a date, got ${retryAfter}`)
}
