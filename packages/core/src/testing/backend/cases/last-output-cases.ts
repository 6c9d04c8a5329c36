import assert from 'node:assert/strict'
import type { Instance } from '../../../model.js'
import type { ContractCase } from '../../common/contract-case.js'
import { skipCase } from '../../common/contract-case.js'
import type { BackendTrial } from '../backend-trial.js'

/** A few more than the bounds of `lastLines`, which cuts at 10 lines and 1,000 characters. */
const mostLines = 12
const mostLength = 1200

/** What `lastOutput` promises. */
export const lastOutputCases: readonly ContractCase<BackendTrial>[] = [
  {
    name: 'lastOutput gives the last lines that an instance wrote',
    async prove(trial) {
      const instance = await trial.running((await needOutput(trial)).id)
      await trial.need('writeOutput')(instance.id, 'first\nboom: no DB_URL\n')
      await trial.bounds.eventually('the output to be there', async () => {
        const output = await lastOutput(trial, instance)
        assert.ok(output?.endsWith('boom: no DB_URL'), `it ends with what was written last: ${output}`)
      })
    },
  },
  {
    name: 'lastOutput is there of an instance that has stopped',
    async prove(trial) {
      const crash = trial.need('crash')
      const { id } = await trial.running((await needOutput(trial)).id)
      await trial.need('writeOutput')(id, 'boom: no DB_URL\n')
      await crash(id)
      await trial.bounds.eventually('the output to be there', async () => {
        const stopped = (await trial.list()).find((one) => one.id === id)
        assert.ok(stopped !== undefined, 'a machine that has stopped is listed until it is terminated')
        assert.match((await lastOutput(trial, stopped)) ?? 'nothing', /boom: no DB_URL/)
      })
    },
  },
  {
    name: 'lastOutput is bounded, and shows no secret',
    async prove(trial) {
      const instance = await trial.running((await needOutput(trial)).id)
      const lines = Array.from({ length: 300 }, (_, index) => `line ${index} ${'x'.repeat(40)}`)
      const secret =
        'DB_PASSWORD=hunter2-of-the-contract\nAuthorization: Bearer hunter2-of-the-contract\nlast\n'
      await trial.need('writeOutput')(instance.id, `${lines.join('\n')}\n${secret}`)
      await trial.bounds.eventually('the output to be there', async () => {
        const output = (await lastOutput(trial, instance)) ?? ''
        assert.match(output, /last$/)
        assert.ok(output.split('\n').length <= mostLines, `${output.split('\n').length} lines`)
        assert.ok(output.length <= mostLength, `${output.length} characters`)
        assert.doesNotMatch(output, /hunter2-of-the-contract/)
      })
    },
  },
]

/** A machine of a backend that keeps output. */
async function needOutput(trial: BackendTrial): Promise<Instance> {
  if (trial.backend.lastOutput === undefined) skipCase('the backend has no lastOutput')
  trial.need('writeOutput')
  return trial.launch()
}

async function lastOutput(
  { backend, bounds }: BackendTrial,
  instance: Instance,
): Promise<string | undefined> {
  const { signal } = new AbortController()
  const call = async (): Promise<string | undefined> => backend.lastOutput?.(instance, { signal })
  return bounds.within('lastOutput', call())
}
