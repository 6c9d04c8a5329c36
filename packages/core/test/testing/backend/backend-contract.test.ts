import { describe, expect, it } from 'vitest'
import {
  collectCases,
  FakeClock,
  inFakeTime,
  fakeBackendKit,
  testBackend,
  type BackendUnderTest,
} from '@flotilla/core/testing'
import { breakBackend, type BrokenBackend } from './broken/broken-backend.js'
import { brokenAborts, brokenCalls } from './broken/broken-calls.js'
import { brokenClosesAndWatches } from './broken/broken-closes-and-watches.js'
import { brokenEnds } from './broken/broken-ends.js'
import { brokenLastOutput } from './broken/broken-last-output.js'
import { brokenLaunches } from './broken/broken-launches.js'
import { brokenLists } from './broken/broken-lists.js'
import { brokenTerminates } from './broken/broken-terminates.js'
import { brokenUsage } from './broken/broken-usage.js'
import { casesFor, misjudged, namesOf, rightly, runSuite, withoutSuite } from '../common/prove-suite.js'

const brokenBackends: readonly BrokenBackend[] = [
  ...brokenLists,
  ...brokenLaunches,
  ...brokenTerminates,
  ...brokenCalls,
  ...brokenAborts,
  ...brokenClosesAndWatches,
  ...brokenUsage,
  ...brokenLastOutput,
  ...brokenEnds,
]

const fakeTime = new FakeClock()

testBackend(inFakeTime({ describe, it }, fakeTime), 'the fake backend', fakeBackendKit({ clock: fakeTime }))

describe('testBackend', () => {
  it.each(brokenBackends)('finds a backend that $that', async (broken) => {
    const { breaks, options } = broken
    const results = await runSuite(
      (runner, clock) =>
        testBackend(
          runner,
          'a broken backend',
          fakeBackendKit({ clock, backend: options, wrap: (inner) => breakBackend(inner, breaks) }),
        ),
      casesFor(broken),
    )
    expect(misjudged(results, broken)).toEqual(rightly)
  })

  it('skips, with the reason, what a backend does not support or its kit cannot do', async () => {
    const results = await runSuite((runner, clock) => {
      const supports = { usage: false, watch: false, chooseVictim: false }
      const kit = fakeBackendKit({ clock, backend: { supports } })
      const make = async (): Promise<BackendUnderTest> => {
        const { backend } = await kit.make()
        return { backend, cleanup: async () => {} }
      }
      testBackend(runner, 'a plain backend', { ...kit, make })
    })
    expect(namesOf(results, 'failed')).toEqual([])
    const reasons = new Map(
      results.map(({ name, outcome, reason }) => [name.split(' > ')[1], [outcome, reason]]),
    )
    expect(reasons.get('usage after close rejects with closed')).toEqual([
      'skipped',
      'supports.usage is false',
    ])
    expect(reasons.get('watch after close rejects with closed')).toEqual([
      'skipped',
      'supports.watch is false',
    ])
    expect(reasons.get('terminate ends exactly the machines named')).toEqual([
      'skipped',
      'supports.chooseVictim is false',
    ])
    expect(reasons.get('close leaves every machine running')).toEqual(['skipped', 'the kit has no reopen'])
    expect(reasons.get('two tokens are two machines')).toEqual(['passed', undefined])
  })

  it('has a broken backend for each of its cases', () => {
    const cases = collectCases()
    testBackend(cases, 'any', fakeBackendKit())
    const found = new Set(brokenBackends.flatMap(({ fails }) => fails))
    expect(cases.names().filter((name) => !found.has(withoutSuite(name)))).toEqual([])
  })
})
