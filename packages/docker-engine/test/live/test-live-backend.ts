import { testBackend, type BackendKit, type TestRunner } from '@flotilla/core/testing'
import * as vitest from 'vitest'

/** Cases that are nothing but a long wait: the backend's own bound, or its end after a close. */
const isWait = (name: string): boolean => name.includes('does not answer')

/**
 * The contract suite on a real daemon: its waits all at once, and then the rest, one after another.
 *
 * @param without - cases that this daemon cannot pass, by how their names begin
 */
export function testLiveBackend(name: string, kit: BackendKit, without: readonly string[] = []): void {
  const { describe } = vitest
  const proves = (ofCase: string): boolean => !without.some((beginning) => ofCase.startsWith(beginning))
  const waits: TestRunner['it'] = (...given) =>
    proves(given[0]) && isWait(given[0]) && vitest.it.concurrent(...given)
  const others: TestRunner['it'] = (...given) => proves(given[0]) && !isWait(given[0]) && vitest.it(...given)
  testBackend({ describe, it: waits }, name, kit)
  testBackend({ describe, it: others }, name, kit)
}
