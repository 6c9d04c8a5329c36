import { Bounds } from '../common/bounds.js'
import { registerCases } from '../common/contract-case.js'
import { PolicyTrial } from './policy-trial.js'
import { proposalCases } from './proposal-cases.js'
import { purityCases } from './purity-cases.js'
import { stateCases } from './state-cases.js'
import type { PolicyKit } from './policy-kit.js'
import type { TestRunner } from '../common/test-runner.js'

/**
 * Registers one case for each promise of `Policy`.
 *
 * @param name - what the outer `describe` is called
 */
export function testPolicy(runner: TestRunner, name: string, kit: PolicyKit): void {
  runner.describe(`${name} keeps the promises of Policy`, () => {
    const cases = [...purityCases, ...proposalCases, ...stateCases]
    registerCases(runner, cases, async () => new PolicyTrial(kit), new Bounds({}))
  })
}
