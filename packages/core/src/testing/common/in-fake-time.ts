import type { FakeClock } from './fake-clock.js'
import type { TestRunner } from './test-runner.js'

/** Longer than all that one case may wait for. */
const mostMs = 24 * 3_600_000

/**
 * A runner whose cases wait in fake time: a suite on an in-memory thing then takes no time, and goes the same way on a
 * busy machine. Give the same clock to the suite and to what it tests.
 */
export function inFakeTime(runner: TestRunner, clock: FakeClock): TestRunner {
  return {
    describe: (name, body) => runner.describe(name, body),
    it: (name, body, timeoutMs) => {
      // A rest parameter, as in the suite's own bodies: jest looks at the length.
      const pumped = async (...context: readonly unknown[]): Promise<void> =>
        clock.runUntil(body(...context), { stepMs: 1_000, maxMs: mostMs })
      return runner.it(name, pumped, timeoutMs)
    },
  }
}
