import assert from 'node:assert/strict'
import type { BatchReport } from '../../../backend.js'
import { assertFlotillaError } from '../../common/assertions.js'
import type { ContractCase } from '../../common/contract-case.js'
import { uniqueName } from '../../common/kit-trial.js'
import type { BackendTrial } from '../backend-trial.js'

/** Promise 4. */
export const terminateCases: readonly ContractCase<BackendTrial>[] = [
  {
    name: 'terminate ends a machine for good, with all that was made for it',
    async prove(trial) {
      const { id } = await trial.launch()
      assert.deepEqual(await trial.terminate([id]), { done: [id], failed: [] })
      await trial.assertNothingLeft()
    },
  },
  {
    name: 'terminate resolves only when what it reports done no longer runs',
    async prove(trial) {
      const launched = await trial.launchMany(2)
      for (const { id } of launched) await trial.running(id)
      const { done } = await trial.terminate(launched.map(({ id }) => id))
      const stillListed = (await trial.listIds()).filter((id) => done.includes(id))
      assert.deepEqual(stillListed, [], 'reported done, and still listed')
      if (trial.under.isRunning === undefined) return
      for (const id of done) assert.equal(await trial.under.isRunning(id), false, `${id} still runs`)
    },
  },
  {
    name: 'terminate of nothing is an empty report',
    async prove(trial) {
      const { id } = await trial.launch()
      assert.deepEqual(await trial.terminate([]), { done: [], failed: [] })
      assert.deepEqual(await trial.listIds(), [id])
    },
  },
  {
    name: 'terminate of what is already gone succeeds',
    async prove(trial) {
      const { id } = await trial.launch()
      await trial.terminate([id])
      assert.deepEqual(await trial.terminate([id]), { done: [id], failed: [] })
    },
  },
  {
    name: 'terminate of what is already gone succeeds after a restart too',
    async prove(trial) {
      const { id } = await trial.launch()
      await trial.terminate([id])
      const backend = await trial.reopen()
      assert.deepEqual(await trial.terminate([id], { backend }), { done: [id], failed: [] })
    },
  },
  {
    name: 'terminate of one machine twice at once succeeds both times',
    async prove(trial) {
      const { id } = await trial.launch()
      const [first, second] = await Promise.all([trial.terminate([id]), trial.terminate([id])])
      assert.deepEqual(first, { done: [id], failed: [] })
      assert.deepEqual(second, { done: [id], failed: [] })
    },
  },
  {
    name: 'terminate of a machine of another group fails with not-owned, and it lives on',
    async prove(trial) {
      const other = uniqueName('group')
      const { id } = await trial.launch({ group: other })
      await trial.running(id, { group: other })
      assertNotOwned(await trial.terminate([id]), id)
      assert.deepEqual(await trial.listIds({ group: other }), [id])
      if (trial.under.isRunning !== undefined) assert.ok(await trial.under.isRunning(id), `${id} was ended`)
    },
  },
  {
    name: 'terminate of a machine of nobody fails with not-owned, and it lives on',
    async prove(trial) {
      const [makeForeign, isRunning] = [trial.need('makeForeign'), trial.need('isRunning')]
      const id = await makeForeign()
      assertNotOwned(await trial.terminate([id]), id)
      assert.ok(await isRunning(id), `${id} is nobody's, and was ended`)
    },
  },
  {
    name: 'terminate reports what was done and what failed, every id in exactly one of the two',
    async prove(trial) {
      trial.needChoice()
      const other = uniqueName('group')
      const [mine, gone] = await trial.launchMany(2)
      assert.ok(mine !== undefined && gone !== undefined)
      const theirs = await trial.launch({ group: other })
      await trial.terminate([gone.id])
      const report = await trial.terminate([mine.id, theirs.id, gone.id, mine.id])
      const why = report.failed.map(({ id, error }) => `${id}: ${error.message}`).join('; ')
      for (const { id } of [mine, gone]) assert.ok(report.done.includes(id), `${id} was not done: ${why}`)
      assert.equal(report.done.length, 2, `done: ${report.done.join(', ')}`)
      assertNotOwned({ ...report, done: [] }, theirs.id)
      assert.deepEqual(await trial.list(), [])
    },
  },
  {
    name: 'terminate reports a machine that the vendor would not end as failed, and list still shows it',
    async prove(trial) {
      trial.needChoice()
      const refuseTerminate = trial.need('refuseTerminate')
      const [refused, ended] = await trial.launchMany(2)
      assert.ok(refused !== undefined && ended !== undefined)
      await refuseTerminate(refused.id)
      const { done, failed } = await trial.terminate([refused.id, ended.id])
      assert.deepEqual(done, [ended.id])
      assert.deepEqual(
        failed.map(({ id }) => id),
        [refused.id],
      )
      assertFlotillaError(`terminate ${refused.id}`, failed[0]?.error)
      assert.deepEqual(await trial.listIds(), [refused.id])
    },
  },
  {
    name: 'terminate ends exactly the machines named',
    async prove(trial) {
      trial.needChoice()
      const [first, second, third] = await trial.launchMany(3)
      assert.ok(first !== undefined && second !== undefined && third !== undefined)
      assert.deepEqual(await trial.terminate([second.id]), { done: [second.id], failed: [] })
      assert.deepEqual(new Set(await trial.listIds()), new Set([first.id, third.id]))
    },
  },
]

function assertNotOwned({ done, failed }: BatchReport, id: string): void {
  assert.deepEqual(done, [], `${id} is not ours, and was reported done`)
  assert.deepEqual(
    failed.map((failure) => failure.id),
    [id],
  )
  assertFlotillaError(`terminate ${id}`, failed[0]?.error, 'not-owned')
}
