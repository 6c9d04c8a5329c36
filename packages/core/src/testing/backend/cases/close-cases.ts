import assert from 'node:assert/strict'
import { assertCode, outcomeOf } from '../../common/assertions.js'
import { skipCase, type ContractCase } from '../../common/contract-case.js'
import { backendCalls, startCall } from '../backend-calls.js'
import type { BackendTrial } from '../backend-trial.js'

/** Promise 7. */
export const closeCases: readonly ContractCase<BackendTrial>[] = [
  {
    name: 'close may be called twice, at once and later',
    async prove(trial) {
      await trial.launch()
      await trial.bounds.within('close', Promise.all([trial.backend.close(), trial.backend.close()]))
      await trial.bounds.within('close', trial.backend.close())
    },
  },
  {
    name: 'close leaves every machine running',
    async prove(trial) {
      const { id } = await trial.launch()
      await trial.running(id)
      await trial.bounds.within('close', trial.backend.close())
      const backend = await trial.reopen()
      const [found] = await trial.list({ backend })
      assert.equal(found?.id, id, `${id} should be there after close`)
      assert.equal(found.status, 'running', `${id} should run after close`)
      if (trial.under.isRunning !== undefined) assert.ok(await trial.under.isRunning(id), `${id} was ended`)
    },
  },
  ...backendCalls.map((call): ContractCase<BackendTrial> => ({
    name: `${call} after close rejects with closed`,
    async prove(trial) {
      trial.needCall(call)
      const instance = await trial.launch()
      await trial.bounds.within('close', trial.backend.close())
      const outcome = await trial.bounds.within(call, outcomeOf(startCall(trial, call, { instance })))
      assertCode(`${call} after close`, outcome, 'closed')
    },
  })),
  {
    name: 'watch after close rejects with closed',
    async prove({ backend, bounds, group }) {
      if (!backend.supports.watch || backend.watch === undefined) return skipCase('supports.watch is false')
      await bounds.within('close', backend.close())
      const controller = new AbortController()
      // Whether it throws at once or at the first change is its own affair.
      const first = async (): Promise<unknown> =>
        backend.watch?.(group, { signal: controller.signal })[Symbol.asyncIterator]().next()
      assertCode('watch after close', await bounds.within('watch', outcomeOf(first())), 'closed')
      controller.abort()
    },
  },
]
