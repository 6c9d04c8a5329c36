import { describe, expect, it } from 'vitest'
import type { Clock, LoadBalancer } from '@flotilla/core'
import {
  collectCases,
  FakeClock,
  inFakeTime,
  fakeBalancerKit,
  testLoadBalancer,
  type BalancerKit,
  type BalancerUnderTest,
  type FakeBalancer,
} from '@flotilla/core/testing'
import type { BrokenBalancer } from './broken/broken-balancer.js'
import { brokenChecks } from './broken/broken-checks.js'
import { brokenDrains } from './broken/broken-drains.js'
import { brokenOverlaps } from './broken/broken-overlaps.js'
import { brokenSyncs } from './broken/broken-syncs.js'
import { casesFor, misjudged, namesOf, rightly, runSuite, withoutSuite } from '../common/prove-suite.js'

const drainMs = 200

const brokenBalancers: readonly BrokenBalancer[] = [
  ...brokenSyncs,
  ...brokenDrains,
  ...brokenOverlaps,
  ...brokenChecks,
]

function brokenKit(
  { breaks, traffic, drainMs: actualMs = drainMs }: BrokenBalancer,
  clock: Clock,
): BalancerKit {
  const wrap = (inner: FakeBalancer): LoadBalancer => ({
    name: inner.name,
    sync: inner.sync.bind(inner),
    check: inner.check.bind(inner),
    close: inner.close.bind(inner),
    ...breaks?.(inner, clock),
  })
  const kit = fakeBalancerKit({ clock, drainMs: actualMs, abortMs: 100, wrap })
  return {
    ...kit,
    drainMs,
    async make() {
      const under = await kit.make()
      return { ...under, ...traffic?.(under) }
    },
  }
}

const fakeTime = new FakeClock()

testLoadBalancer(
  inFakeTime({ describe, it }, fakeTime),
  'the fake balancer',
  fakeBalancerKit({ clock: fakeTime }),
)

describe('testLoadBalancer', () => {
  it.each(brokenBalancers)('finds a balancer that $that', async (broken) => {
    const results = await runSuite(
      (runner, clock) => testLoadBalancer(runner, 'a broken balancer', brokenKit(broken, clock)),
      casesFor(broken),
    )
    expect(misjudged(results, broken)).toEqual(rightly)
  })

  it('skips, with the reason, what its kit cannot do', async () => {
    const results = await runSuite((runner, clock) => {
      const kit = fakeBalancerKit({ clock })
      const make: BalancerKit['make'] = async () => {
        const under = await kit.make()
        const without = {
          failNextUpdate: undefined,
          updateCount: undefined,
          lose: undefined,
          breakCheck: undefined,
        }
        return { ...under, ...without } as unknown as BalancerUnderTest
      }
      testLoadBalancer(runner, 'a plain balancer', { ...kit, make })
    })
    expect(namesOf(results, 'failed')).toEqual([])
    const reasons = results.filter(({ outcome }) => outcome === 'skipped').map(({ reason }) => reason)
    expect([...new Set(reasons)]).toEqual([
      'the kit has no updateCount',
      'the kit has no failNextUpdate',
      'the kit has no lose',
      'the kit has no breakCheck',
    ])
  })

  it('skips the cases of check for a balancer that has none', async () => {
    const results = await runSuite((runner, clock) => {
      const wrap = (inner: FakeBalancer): LoadBalancer => ({
        name: inner.name,
        sync: inner.sync.bind(inner),
        close: inner.close.bind(inner),
      })
      testLoadBalancer(runner, 'a balancer in memory', fakeBalancerKit({ clock, wrap }))
    })
    expect(namesOf(results, 'failed')).toEqual([])
    expect(namesOf(results, 'skipped').length).toBe(11)
  })

  it('has a broken balancer for each of its cases', () => {
    const cases = collectCases()
    testLoadBalancer(cases, 'any', fakeBalancerKit())
    const found = new Set(brokenBalancers.flatMap(({ fails }) => fails))
    expect(cases.names().filter((name) => !found.has(withoutSuite(name)))).toEqual([])
  })
})
