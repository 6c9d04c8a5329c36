import { assertTranslatedOnce, outcomeOf } from '../../common/assertions.js'
import type { ContractCase } from '../../common/contract-case.js'
import { backendCalls, failuresOf, startCall } from '../backend-calls.js'
import type { BackendTrial } from '../backend-trial.js'

/** Promise 6. */
export const errorCases: readonly ContractCase<BackendTrial>[] = backendCalls.map((call) => ({
  name: `${call}: the vendor's error becomes a FlotillaError once, with the vendor's own as cause`,
  async prove(trial) {
    trial.needCall(call)
    const instance = await trial.launch()
    await trial.need('failNext')(call)
    const outcome = await trial.bounds.within(call, outcomeOf(startCall(trial, call, { instance })))
    for (const error of failuresOf(call, outcome)) assertTranslatedOnce(call, error)
    await trial.assertNothingLeft()
  },
}))
