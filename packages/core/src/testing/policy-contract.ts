import { Bounds } from './bounds.js'
import { registerCases } from './contract-case.js'
import { PolicyTrial } from './policy-contract/policy-trial.js'
import { proposalCases } from './policy-contract/proposal-cases.js'
import { purityCases } from './policy-contract/purity-cases.js'
import { stateCases } from './policy-contract/state-cases.js'
import type { PolicyKit } from './policy-kit.js'
import type { TestRunner } from './test-runner.js'

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
