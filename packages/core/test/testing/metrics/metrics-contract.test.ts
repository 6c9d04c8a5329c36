import { describe, expect, it } from 'vitest'
import { systemClock, type Clock, type Metrics } from '@flotilla/core'
import {
  collectCases,
  FakeClock,
  inFakeTime,
  fakeMetrics,
  testMetrics,
  type FakeMetrics,
  type MetricsKit,
} from '@flotilla/core/testing'
import { brokenMetrics, type BrokenMetrics } from './broken-metrics.js'
import { misjudged, namesOf, rightly, runSuite, withoutSuite } from '../common/prove-suite.js'

/** A kit that can do everything, on a source that takes 2 ms to answer. */
function kitOf(
  of: 'group' | 'instance',
  clock: Clock,
  breaks: BrokenMetrics['breaks'] = () => ({}),
): MetricsKit {
  return {
    clock,
    make() {
      const inner = fakeMetrics({ of, value: 0.42 })
      return {
        metrics: breakMetrics(inner, clock, breaks),
        known: { cpu: 0.42 },
        failAll: () => inner.fail(),
        failOne: (instanceId) => inner.lose(instanceId),
        hang: () => inner.hang(),
      }
    },
  }
}

function breakMetrics(inner: FakeMetrics, clock: Clock, breaks: BrokenMetrics['breaks']): Metrics {
  const sample = inner.sample.bind(inner)
  inner.sample = async (request) => {
    await clock.sleep(2, { signal: request.signal })
    return sample(request)
  }
  return {
    name: inner.name,
    provides: inner.provides,
    sample: inner.sample.bind(inner),
    close: inner.close.bind(inner),
    ...breaks(inner),
  }
}

const fakeTime = new FakeClock()

testMetrics(
  inFakeTime({ describe, it }, fakeTime),
  'the fake source of each instance',
  kitOf('instance', fakeTime),
)

describe('testMetrics', () => {
  it.each(brokenMetrics)('finds a source that $that', async (broken) => {
    const results = await runSuite((runner, clock) =>
      testMetrics(runner, 'a broken source', kitOf('instance', clock, broken.breaks)),
    )
    expect(misjudged(results, broken)).toEqual(rightly)
  })

  it('holds for a source of the whole group, and skips what is of instances', async () => {
    const results = await runSuite((runner, clock) =>
      testMetrics(runner, 'a source of the group', kitOf('group', clock)),
    )
    expect(namesOf(results, 'failed')).toEqual([])
    expect(results.filter(({ outcome }) => outcome === 'skipped').map(({ reason }) => reason)).toEqual([
      'every metric is of the group',
    ])
  })

  it('skips, with the reason, what its kit cannot do', async () => {
    const results = await runSuite((runner, clock) =>
      testMetrics(runner, 'a plain source', { clock, make: () => ({ metrics: fakeMetrics() }) }),
    )
    expect(namesOf(results, 'failed')).toEqual([])
    expect(results.filter(({ outcome }) => outcome === 'skipped').map(({ reason }) => reason)).toEqual([
      'the kit has nothing known',
      'the kit has no failOne',
      'the kit has no failAll',
      'the kit has no hang',
    ])
  })

  it('has a broken source for each of its cases', () => {
    const cases = collectCases()
    testMetrics(cases, 'any', kitOf('instance', systemClock))
    const found = new Set(brokenMetrics.flatMap(({ fails }) => fails))
    expect(cases.names().filter((name) => !found.has(withoutSuite(name)))).toEqual([])
  })
})
