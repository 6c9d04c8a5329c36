import { Bounds } from '../common/bounds.js'
import { registerCases } from '../common/contract-case.js'
import { leaseCases } from './lease-cases.js'
import { lostLeaseCases } from './lost-lease-cases.js'
import { stateCases } from './state-cases.js'
import { StoreTrial } from './store-trial.js'
import type { StoreKit } from './store-kit.js'
import type { TestRunner } from '../common/test-runner.js'

/**
 * Registers one case for each promise of `StateStore`. Cases that need what the store does not support, or what the kit
 * cannot do, report themselves skipped with the reason.
 *
 * @param name - what the outer `describe` is called
 */
export function testStateStore(runner: TestRunner, name: string, kit: StoreKit): void {
  const bounds = new Bounds(kit)
  runner.describe(`${name} keeps the promises of StateStore`, () => {
    const cases = [...stateCases, ...leaseCases, ...lostLeaseCases]
    registerCases(runner, cases, async () => StoreTrial.open(kit, bounds), bounds)
  })
}
