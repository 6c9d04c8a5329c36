import assert from 'node:assert/strict'
import type { BatchReport } from '../../../backend.js'
import { assertCode, assertReason, outcomeOf } from '../../common/assertions.js'
import { type ContractCase, skipCase } from '../../common/contract-case.js'
import { uniqueName } from '../../common/kit-trial.js'
import type { BackendTrial } from '../backend-trial.js'

/** `endGroup`: what exists for a group beside its machines. */
export const endCases: readonly ContractCase<BackendTrial>[] = [
  {
    name: 'endGroup leaves nothing behind once the machines are gone, and may be called again',
    async prove(trial) {
      const ended = await trial.launch()
      await trial.running(ended.id)
      await trial.terminate([ended.id])
      assertEnded(await endGroup(trial))
      assert.deepEqual((await trial.under.leftovers?.()) ?? [], [], 'left behind')
      assertEnded(await endGroup(trial))
    },
  },
  {
    name: 'endGroup of a group that never was is an empty report',
    async prove(trial) {
      const report = await endGroup(trial, uniqueName('group'))
      assert.deepEqual(report, { done: [], failed: [] })
    },
  },
  {
    name: 'endGroup touches no machine of another group',
    async prove(trial) {
      const other = uniqueName('group')
      const { id } = await trial.launch({ group: other })
      await trial.running(id, { group: other })
      await endGroup(trial)
      assert.deepEqual(await trial.listIds({ group: other }), [id])
      if (trial.under.isRunning !== undefined) assert.ok(await trial.under.isRunning(id), `${id} was ended`)
    },
  },
  {
    name: 'a group that has ended can begin again',
    async prove(trial) {
      const before = await trial.launch()
      await trial.terminate([before.id])
      await endGroup(trial)
      const { id } = await trial.launch()
      await trial.running(id)
      assert.deepEqual(await trial.listIds(), [id])
    },
  },
  {
    name: 'endGroup whose signal had aborted before rejects with its reason',
    async prove(trial) {
      needEnd(trial)
      const reason = new Error('the caller had given up')
      const ending = outcomeOf(startEnd(trial, trial.group, AbortSignal.abort(reason)))
      assertReason('endGroup', await trial.bounds.within('endGroup', ending, trial.bounds.abortMs), reason)
    },
  },
  {
    name: 'endGroup after close rejects with closed',
    async prove(trial) {
      needEnd(trial)
      await trial.bounds.within('close', trial.backend.close())
      assertCode('endGroup after close', await outcomeOf(endGroup(trial)), 'closed')
    },
  },
]

function needEnd({ backend }: BackendTrial): void {
  if (backend.endGroup === undefined) skipCase('the backend has no endGroup')
}

async function startEnd(trial: BackendTrial, group: string, signal: AbortSignal): Promise<BatchReport> {
  const { backend } = trial
  if (backend.endGroup === undefined) return skipCase('the backend has no endGroup')
  return backend.endGroup(group, { signal })
}

async function endGroup(trial: BackendTrial, group: string = trial.group): Promise<BatchReport> {
  return trial.bounds.within('endGroup', startEnd(trial, group, new AbortController().signal))
}

function assertEnded({ failed }: BatchReport): void {
  const why = failed.map(({ id, error }) => `${id}: ${error.message}`).join('; ')
  assert.equal(failed.length, 0, `endGroup could not end ${why}`)
}
