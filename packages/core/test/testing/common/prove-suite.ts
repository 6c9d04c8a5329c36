import { collectCases, FakeClock, inFakeTime, type CaseResult, type TestRunner } from '@flotilla/core/testing'
import { isFullLength } from '../../../../../scripts/lib/property-runs.js'

/**
 * Runs a suite to its end in fake time, so that its bounds pass at once and always alike.
 *
 * @param isWanted - of a case's name; default all
 */
export async function runSuite(
  register: (runner: TestRunner, clock: FakeClock) => void,
  isWanted: (name: string) => boolean = () => true,
): Promise<readonly CaseResult[]> {
  const clock = new FakeClock()
  const cases = collectCases()
  const chosen: TestRunner = {
    describe: (name, body) => cases.describe(name, body),
    it: (name, body) => {
      if (isWanted(name)) cases.it(name, body)
    },
  }
  register(inFakeTime(chosen, clock), clock)
  return cases.run()
}

/**
 * The cases to judge a broken implementation by: at full length all of them; else those that must fail, and of the others,
 * which must not, a fifth, of which each has its turn with some of the many that are broken.
 */
export function casesFor({
  that,
  fails,
}: { readonly that: string } & ExpectedFailures): (name: string) => boolean {
  return (name) => isFullLength || fails.includes(name) || (that.length + name.length) % 5 === 0
}

/** The names of the cases that ended so, without their suite's. */
export function namesOf(results: readonly CaseResult[], outcome: CaseResult['outcome']): readonly string[] {
  return results.filter((result) => result.outcome === outcome).map(({ name }) => withoutSuite(name))
}

/** A case's own name. */
export function withoutSuite(name: string): string {
  return name.slice(name.indexOf(' > ') + ' > '.length)
}

/** What a suite should say of a broken implementation. */
export interface ExpectedFailures {
  readonly fails: readonly string[]
  readonly andMore?: boolean
}

/** Cases that should have failed and did not, and cases that failed and should not have. */
export function misjudged(
  results: readonly CaseResult[],
  { fails, andMore = false }: ExpectedFailures,
): { readonly missed: readonly string[]; readonly wronged: readonly string[] } {
  const failed = namesOf(results, 'failed')
  return {
    missed: fails.filter((name) => !failed.includes(name)),
    wronged: andMore ? [] : failed.filter((name) => !fails.includes(name)),
  }
}

/** A suite that judged rightly. */
export const rightly = { missed: [], wronged: [] } as const
