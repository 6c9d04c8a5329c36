import { Bounds } from '../common/bounds.js'
import { registerCases } from '../common/contract-case.js'
import { metricsCases } from './metrics-cases.js'
import { MetricsTrial } from './metrics-trial.js'
import type { MetricsKit } from './metrics-kit.js'
import type { TestRunner } from '../common/test-runner.js'

/**
 * Registers one case for each promise of `Metrics`. Cases that need what the kit cannot do report themselves skipped
 * with the reason.
 *
 * @param name - what the outer `describe` is called
 */
export function testMetrics(runner: TestRunner, name: string, kit: MetricsKit): void {
  const bounds = new Bounds(kit)
  runner.describe(`${name} keeps the promises of Metrics`, () => {
    registerCases(runner, metricsCases, async () => MetricsTrial.open(kit, bounds), bounds)
  })
}
