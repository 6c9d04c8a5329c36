import { messageOf } from '../../errors.js'
import type { TestRunner } from './test-runner.js'

/** What became of one case. */
export interface CaseResult {
  /** The names of its `describe` blocks and its own, joined by ` > `. */
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it was skipped, or the message of what it failed with. */
  readonly reason?: string | undefined
  /** What it failed with. */
  readonly error?: unknown
}

/** A runner that keeps the cases until told to run them. */
export interface CollectedCases extends TestRunner {
  /** Groups cases, as a runner does; their names are joined. */
  describe(name: string, body: () => void): void
  it(name: string, body: (...args: readonly unknown[]) => Promise<void>): void
  /** The full names, in order. */
  names(): readonly string[]
  /** Runs the cases one after another. Never rejects. */
  run(): Promise<readonly CaseResult[]>
}

/**
 * A test runner that reports instead of printing: for running a contract suite inside a program, or for proving that a
 * suite finds what it should.
 */
export function collectCases(): CollectedCases {
  const path: string[] = []
  const cases: { name: string; body: (...args: readonly unknown[]) => Promise<void> }[] = []
  return {
    describe(name, body) {
      path.push(name)
      body()
      path.pop()
    },
    it(name, body) {
      cases.push({ name: [...path, name].join(' > '), body })
    },
    names: () => cases.map(({ name }) => name),
    async run() {
      const results: CaseResult[] = []
      for (const { name, body } of cases) results.push(await runCase(name, body))
      return results
    },
  }
}

async function runCase(
  name: string,
  body: (...args: readonly unknown[]) => Promise<void>,
): Promise<CaseResult> {
  let skipReason: string | undefined
  const context = {
    skip(reason = 'no reason given') {
      skipReason = reason
    },
  }
  try {
    await body(context)
  } catch (error) {
    return { name, outcome: 'failed', reason: messageOf(error), error }
  }
  return skipReason === undefined
    ? { name, outcome: 'passed' }
    : { name, outcome: 'skipped', reason: skipReason }
}
