import { BalancerTrial } from './balancer-trial.js'
import { checkCases } from './check-cases.js'
import { drainCases } from './drain-cases.js'
import { syncCases } from './sync-cases.js'
import type { BalancerKit } from './balancer-kit.js'
import { Bounds } from '../common/bounds.js'
import { registerCases } from '../common/contract-case.js'
import type { TestRunner } from '../common/test-runner.js'

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
