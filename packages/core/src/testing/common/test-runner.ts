/** What a case may use of the argument that its runner hands it: vitest's and node:test's have it, jest's has not. */
export interface CaseContext {
  /** Ends the case as skipped. */
  skip(reason?: string): void
}

/**
 * The two functions of a test runner that the contract suites use: vitest's, jest's and `node:test`'s all fit, and
 * `collectCases()` is one.
 */
export interface TestRunner {
  /** Groups cases under a name. */
  describe(name: string, body: () => void): unknown
  /** `timeoutMs` is the runner's own bound for the case; vitest and jest take it, `node:test` has none. */
  it(name: string, body: (...args: readonly unknown[]) => Promise<void>, timeoutMs?: number): unknown
}
