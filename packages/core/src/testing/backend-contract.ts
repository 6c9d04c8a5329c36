import { abortCases } from './backend-contract/abort-cases.js'
import { BackendTrial } from './backend-contract/backend-trial.js'
import { closeCases } from './backend-contract/close-cases.js'
import { endCases } from './backend-contract/end-cases.js'
import { errorCases } from './backend-contract/error-cases.js'
import { healthCases } from './backend-contract/health-cases.js'
import { lastOutputCases } from './backend-contract/last-output-cases.js'
import { launchCases } from './backend-contract/launch-cases.js'
import { listCases } from './backend-contract/list-cases.js'
import { terminateCases } from './backend-contract/terminate-cases.js'
import { usageCases } from './backend-contract/usage-cases.js'
import { watchCases } from './backend-contract/watch-cases.js'
import type { BackendKit } from './backend-kit.js'
import { Bounds } from './bounds.js'
import { registerCases } from './contract-case.js'
import type { TestRunner } from './test-runner.js'

/**
 * Registers one case for each promise of `Backend`. Cases that need what the backend does not support, or what the kit
 * cannot do, report themselves skipped with the reason.
 *
 * @param name - what the outer `describe` is called
 */
export function testBackend(runner: TestRunner, name: string, kit: BackendKit): void {
  const bounds = new Bounds(kit)
  const cases = [
    ...listCases,
    ...launchCases,
    ...terminateCases,
    ...abortCases,
    ...errorCases,
    ...closeCases,
    ...usageCases,
    ...healthCases,
    ...endCases,
    ...watchCases,
    ...lastOutputCases,
  ]
  runner.describe(`${name} keeps the promises of Backend`, () => {
    registerCases(runner, cases, async () => BackendTrial.open(kit, bounds), bounds)
  })
}
