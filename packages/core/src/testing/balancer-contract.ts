import { BalancerTrial } from './balancer-contract/balancer-trial.js'
import { checkCases } from './balancer-contract/check-cases.js'
import { drainCases } from './balancer-contract/drain-cases.js'
import { syncCases } from './balancer-contract/sync-cases.js'
import type { BalancerKit } from './balancer-kit.js'
import { Bounds } from './bounds.js'
import { registerCases } from './contract-case.js'
import type { TestRunner } from './test-runner.js'

/**
 * Registers one case for each promise of `LoadBalancer`. Cases that need what the kit cannot do report themselves
 * skipped with the reason.
 *
 * @param name - what the outer `describe` is called
 */
export function testLoadBalancer(runner: TestRunner, name: string, kit: BalancerKit): void {
  const bounds = new Bounds(kit)
  runner.describe(`${name} keeps the promises of LoadBalancer`, () => {
    const cases = [...syncCases, ...drainCases, ...checkCases]
    registerCases(runner, cases, async () => BalancerTrial.open(kit, bounds), bounds)
  })
}
