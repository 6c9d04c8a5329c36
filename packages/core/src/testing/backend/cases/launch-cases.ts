import assert from 'node:assert/strict'
import { assertCode, outcomeOf } from '../../common/assertions.js'
import type { ContractCase } from '../../common/contract-case.js'
import { uniqueName } from '../../common/kit-trial.js'
import type { BackendTrial } from '../backend-trial.js'

const badNames: readonly string[] = [
  '',
  'Web',
  'a b',
  '-web',
  'web-',
  'web_1',
  'web.1',
  '../web',
  'web/1',
  'web;reboot',
  '$(reboot)',
  "web'",
  'wéb',
  'web\n',
  'w'.repeat(64),
]

/** Promises 2 and 3, and the alphabet of a launch request. */
export const launchCases: readonly ContractCase<BackendTrial>[] = [
  {
    name: 'launch makes a machine that comes to run',
    async prove(trial) {
      const { id } = await trial.launch()
      await trial.running(id)
    },
  },
  {
    name: 'a machine carries the hash of the template it was launched from',
    async prove(trial) {
      const { templateHash } = trial.backend
      const launched = await trial.launch()
      assert.equal(launched.templateHash, templateHash)
      assert.equal((await trial.list())[0]?.templateHash, templateHash)
    },
  },
  {
    name: 'two tokens are two machines',
    async prove(trial) {
      const [first, second] = [await trial.launch(), await trial.launch()]
      assert.notEqual(first.id, second.id)
      assert.deepEqual(new Set(await trial.listIds()), new Set([first.id, second.id]))
    },
  },
  {
    name: 'the same token twice, one after the other, is one machine',
    async prove(trial) {
      const token = uniqueName('token')
      const [first, second] = [await trial.launch({ token }), await trial.launch({ token })]
      assert.equal(second.id, first.id)
      assert.deepEqual(await trial.listIds(), [first.id])
    },
  },
  {
    name: 'the same token twice at once is one machine',
    async prove(trial) {
      const token = uniqueName('token')
      const launched = await Promise.all([
        trial.launch({ token }),
        trial.launch({ token }),
        trial.launch({ token }),
      ])
      const ids = await trial.listIds()
      assert.equal(ids.length, 1, `three launches of one token made ${ids.length} machines`)
      assert.deepEqual(
        launched.map(({ id }) => id),
        [ids[0], ids[0], ids[0]],
      )
    },
  },
  {
    name: 'the same token after a restart is the same machine',
    async prove(trial) {
      const token = uniqueName('token')
      const first = await trial.launch({ token })
      const backend = await trial.reopen()
      const second = await trial.launch({ token, backend })
      assert.equal(second.id, first.id)
      assert.deepEqual(await trial.listIds({ backend }), [first.id])
    },
  },
  {
    name: 'the same token after a lost reply is the same machine',
    async prove(trial) {
      await trial.need('loseReply')()
      const token = uniqueName('token')
      const outcome = await outcomeOf(trial.launch({ token }))
      // A backend may look again and find its machine, or reject and keep it, or reject and take it away.
      if (outcome.kind === 'rejected') assertCode('a launch whose reply is lost', outcome)
      const before = await trial.listIds()
      const { id } = await trial.launch({ token })
      if (outcome.kind === 'resolved') assert.equal(outcome.value.id, id)
      assert.deepEqual(
        await trial.listIds(),
        [id],
        `before the second launch, list showed ${before.join(', ') || 'none'}`,
      )
      if (before.length > 0) assert.deepEqual(before, [id])
    },
  },
  {
    name: 'a launch that fails half way leaves nothing behind that list does not show',
    async prove(trial) {
      await trial.need('failHalfWay')()
      assertCode('a launch that fails half way', await outcomeOf(trial.launch()))
      await trial.assertNothingLeft()
    },
  },
  {
    name: 'the same token after a launch that failed half way makes its machine',
    async prove(trial) {
      await trial.need('failHalfWay')()
      const token = uniqueName('token')
      await outcomeOf(trial.launch({ token }))
      const { id } = await trial.launch({ token })
      assert.deepEqual(await trial.listIds(), [id])
      await trial.running(id)
    },
  },
  {
    name: 'a group or token outside the alphabet is refused with invalid-options, and nothing is made',
    async prove(trial) {
      for (const bad of badNames) {
        for (const given of [{ token: bad }, { group: bad }]) {
          const what = `launch with ${JSON.stringify(given)}`
          assertCode(what, await outcomeOf(trial.launch(given)), 'invalid-options')
        }
      }
      assert.deepEqual(await trial.list(), [])
      await trial.assertNothingLeft()
    },
  },
  {
    name: 'a group and a token of one character, and of 63, are taken as they are',
    async prove(trial) {
      const long = uniqueName('g').padEnd(63, 'x')
      const token = uniqueName('t').padEnd(63, 'y')
      assert.equal((await trial.launch({ group: long, token })).token, token)
      const [listed] = await trial.list({ group: long })
      assert.deepEqual([listed?.group, listed?.token], [long, token])
      assert.equal((await trial.launch({ token: '7' })).token, '7')
    },
  },
]
