import assert from 'node:assert/strict'
import type { Instance } from '../../../model.js'
import type { ContractCase } from '../../common/contract-case.js'
import type { BackendTrial } from '../backend-trial.js'

/** `Instance.impaired`, and `paused`. */
export const healthCases: readonly ContractCase<BackendTrial>[] = [
  {
    name: 'list tells of a machine that the platform says cannot serve, with the reason, until it says so no longer',
    async prove(trial) {
      const [impair, heal] = [trial.need('impair'), trial.need('heal')]
      const { id } = await trial.launch()
      // A health check may take a moment to have its first answer.
      await eventually(trial, id, (found) => assert.equal(against(found), undefined))
      await impair(id)
      await eventually(trial, id, (found) =>
        assert.notEqual((against(found) ?? '').trim(), '', `${id} should be told as one that cannot serve`),
      )
      await heal(id)
      await eventually(trial, id, (found) =>
        assert.equal(against(found), undefined, `${id} can serve again: ${against(found) ?? ''}`),
      )
    },
  },
  {
    name: 'a machine that cannot serve is ended like any other',
    async prove(trial) {
      const impair = trial.need('impair')
      const { id } = await trial.launch()
      await trial.running(id)
      await impair(id)
      assert.deepEqual(await trial.terminate([id]), { done: [id], failed: [] })
      await trial.assertNothingLeft()
    },
  },
]

/** What the platform says against it; for one that is paused its state says it already. */
function against({ status, statusReason, impaired }: Instance): string | undefined {
  return status === 'paused' ? (impaired ?? statusReason ?? 'it is paused') : impaired
}

async function eventually(trial: BackendTrial, id: string, prove: (found: Instance) => void): Promise<void> {
  await trial.bounds.eventually("the platform's word on a machine", async () => {
    const found = (await trial.list()).find((instance) => instance.id === id)
    assert.ok(found !== undefined, `${id} should be listed`)
    assert.ok(found.status === 'running' || found.status === 'paused', `${id} should run: ${found.status}`)
    prove(found)
  })
}
