import { Bounds } from './bounds.js'
import { registerCases } from './contract-case.js'
import { leaseCases } from './store-contract/lease-cases.js'
import { lostLeaseCases } from './store-contract/lost-lease-cases.js'
import { stateCases } from './store-contract/state-cases.js'
import { StoreTrial } from './store-contract/store-trial.js'
import type { StoreKit } from './store-kit.js'
import type { TestRunner } from './test-runner.js'

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
