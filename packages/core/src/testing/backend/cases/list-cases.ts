import assert from 'node:assert/strict'
import type { InstanceStatus } from '../../../model.js'
import type { ContractCase } from '../../common/contract-case.js'
import { uniqueName } from '../../common/kit-trial.js'
import type { BackendTrial } from '../backend-trial.js'

const statuses: ReadonlySet<InstanceStatus> = new Set<InstanceStatus>([
  'pending',
  'running',
  'paused',
  'stopping',
  'stopped',
  'failed',
  'unknown',
])

/** Promise 1. */
export const listCases: readonly ContractCase<BackendTrial>[] = [
  {
    name: 'list of a group that has no machine is empty',
    async prove(trial) {
      assert.deepEqual(await trial.list(), [])
    },
  },
  {
    name: 'list reads its own writes: it shows a launch as soon as that has resolved, with its group and token',
    async prove(trial) {
      const token = uniqueName('token')
      const launched = await trial.launch({ token })
      assert.equal(launched.group, trial.group)
      assert.equal(launched.token, token)
      const listed = (await trial.list()).find(({ id }) => id === launched.id)
      assert.ok(listed !== undefined, `list should show ${launched.id}, which launch returned`)
      assert.equal(listed.group, trial.group)
      assert.equal(listed.token, token)
    },
  },
  {
    name: 'list reads its own writes: it no longer shows what terminate has ended',
    async prove(trial) {
      const [kept, ended] = [await trial.launch(), await trial.launch()]
      await trial.terminate([ended.id])
      const ids = await trial.listIds()
      assert.equal(ids.length, 1, `one of two should be left, got ${ids.join(', ')}`)
      if (trial.backend.supports.chooseVictim) assert.deepEqual(ids, [kept.id])
    },
  },
  {
    name: 'list shows every machine once, whole: id, name, status, creation time, address',
    async prove(trial) {
      await trial.launchMany(3)
      const listed = await trial.list()
      assert.equal(listed.length, 3)
      assert.equal(new Set(listed.map(({ id }) => id)).size, 3, 'no machine should be listed twice')
      for (const instance of listed) {
        assert.ok(
          typeof instance.id === 'string' && instance.id !== '',
          'an id is a string that is not empty',
        )
        assert.ok(typeof instance.name === 'string' && instance.name !== '', `${instance.id} has a name`)
        assert.ok(statuses.has(instance.status), `${instance.id}: unknown status ${instance.status}`)
        assert.ok(
          Number.isFinite(instance.createdAt) && instance.createdAt > 1e12,
          `${instance.id}: createdAt is epoch milliseconds, got ${instance.createdAt}`,
        )
        if (instance.address === undefined) continue
        const { host, port } = instance.address
        assert.match(host, /^[\w.:%-]+$/, `${instance.id}: a host has no brackets, port or scheme`)
        assert.ok(Number.isInteger(port) && port >= 1 && port <= 65_535, `${instance.id}: port ${port}`)
      }
    },
  },
  {
    name: 'list shows only its own group',
    async prove(trial) {
      const other = uniqueName('group')
      const mine = await trial.launch()
      const theirs = await trial.launch({ group: other })
      assert.deepEqual(await trial.listIds(), [mine.id])
      assert.deepEqual(await trial.listIds({ group: other }), [theirs.id])
    },
  },
  {
    name: 'list never shows a machine without the label',
    async prove(trial) {
      const makeForeign = trial.need('makeForeign')
      const mine = await trial.launch()
      const foreignId = await makeForeign()
      const ids = await trial.listIds()
      assert.ok(!ids.includes(foreignId), `${foreignId} is nobody's, and was listed`)
      assert.deepEqual(ids, [mine.id])
    },
  },
  {
    name: 'list shows a machine that stopped by itself, until it is terminated',
    async prove(trial) {
      const crash = trial.need('crash')
      const { id } = await trial.launch()
      await trial.running(id)
      await crash(id)
      await trial.bounds.eventually('a machine that stopped to be shown so', async () => {
        const listed = (await trial.list()).find((instance) => instance.id === id)
        assert.ok(listed !== undefined, `${id} stopped, and should still be listed`)
        assert.ok(listed.status === 'stopped' || listed.status === 'failed', `${id} is ${listed.status}`)
      })
      assert.deepEqual((await trial.terminate([id])).done, [id])
      assert.deepEqual(await trial.listIds(), [])
    },
  },
  {
    name: 'a restarted controller finds its group, and nothing else',
    async prove(trial) {
      const other = uniqueName('group')
      const launched = await trial.launch()
      await trial.launch({ group: other })
      const backend = await trial.reopen()
      assert.deepEqual(await trial.listIds({ backend }), [launched.id])
    },
  },
  {
    name: 'what list gives does not change afterwards, and a second list sees what changed',
    async prove(trial) {
      await trial.launch()
      const before = await trial.list()
      const copy = structuredClone(before)
      await trial.launch()
      const after = await trial.list()
      assert.deepEqual(before, copy)
      assert.ok(after.length > before.length, 'the second list should show what was launched between the two')
    },
  },
]
