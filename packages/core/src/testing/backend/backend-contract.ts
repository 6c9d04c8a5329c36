import { abortCases } from './cases/abort-cases.js'
import { BackendTrial } from './backend-trial.js'
import { closeCases } from './cases/close-cases.js'
import { endCases } from './cases/end-cases.js'
import { errorCases } from './cases/error-cases.js'
import { healthCases } from './cases/health-cases.js'
import { lastOutputCases } from './cases/last-output-cases.js'
import { launchCases } from './cases/launch-cases.js'
import { listCases } from './cases/list-cases.js'
import { terminateCases } from './cases/terminate-cases.js'
import { usageCases } from './cases/usage-cases.js'
import { watchCases } from './cases/watch-cases.js'
import type { BackendKit } from './backend-kit.js'
import { Bounds } from '../common/bounds.js'
import { registerCases } from '../common/contract-case.js'
import type { TestRunner } from '../common/test-runner.js'

/**
 * Registers one case for each promise of `Backend`. Cases that need what the backend does not support, or what the kit
 * cannot do, report themselves skipped with the reason.
 *
 * @param name - what the outer `describe` is called
 *
 * @example
 * ```ts
 * import { collectCases, FakeClock, fakeBackendKit, inFakeTime, testBackend } from '@flotilla/core/testing'
 *
 * // Give the runner's own instead: `import { describe, it } from 'vitest'`, or from 'node:test'.
 * const cases = collectCases()
 * const clock = new FakeClock()
 * testBackend(inFakeTime(cases, clock), 'the fake', fakeBackendKit({ clock }))
 * ```
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
