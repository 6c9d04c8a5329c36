import type { Bounds } from './bounds.js'
import type { CaseContext, TestRunner } from './test-runner.js'

/** One promise of a contract, as a sentence and its proof. */
export interface ContractCase<TTrial> {
  readonly name: string
  readonly prove: (trial: TTrial) => Promise<void>
}

/** What a case works on; ended whatever came of the case. */
export interface Trial {
  end(): Promise<void>
}

/** Thrown inside a case that does not apply. */
class CaseSkipped extends Error {}

/** Ends the running case as skipped. */
export function skipCase(reason: string): never {
  throw new CaseSkipped(reason)
}

/** Hands the cases to the caller's runner. */
export function registerCases<TTrial extends Trial>(
  { it }: Pick<TestRunner, 'it'>,
  cases: readonly ContractCase<TTrial>[],
  open: () => Promise<TTrial>,
  bounds: Bounds,
): void {
  for (const { name, prove } of cases) {
    // A rest parameter leaves the function's length at 0: with 1, jest would wait for a `done` callback.
    const body = async (...[context]: readonly unknown[]): Promise<void> => {
      const reason = await run(await open(), prove, bounds)
      if (reason !== undefined && isCaseContext(context)) context.skip(reason)
    }
    it(name, body, bounds.caseMs)
  }
}

/** Gives the reason when the case was skipped. */
async function run<TTrial extends Trial>(
  trial: TTrial,
  prove: (trial: TTrial) => Promise<void>,
  bounds: Bounds,
): Promise<string | undefined> {
  let skipReason: string | undefined
  try {
    await prove(trial)
  } catch (error) {
    if (!(error instanceof CaseSkipped)) {
      // What the case failed with says more than a clean-up that then fails too, or hangs.
      await bounds.within('clean-up', trial.end()).catch(() => {})
      throw error
    }
    skipReason = error.message
  }
  await trial.end()
  return skipReason
}

/** vitest's context is a function, node:test's an object; jest gives none. */
function isCaseContext(candidate: unknown): candidate is CaseContext {
  const isThing = typeof candidate === 'function' || (typeof candidate === 'object' && candidate !== null)
  return isThing && 'skip' in candidate && typeof candidate.skip === 'function'
}
