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
import type { BrokenBalancer } from './broken-balancers/broken-balancer.js'
import { brokenDrains } from './broken-balancers/broken-drains.js'
import { brokenOverlaps } from './broken-balancers/broken-overlaps.js'
import { brokenSyncs } from './broken-balancers/broken-syncs.js'
import { misjudged, namesOf, rightly, runSuite, withoutSuite } from './prove-suite.js'

const drainMs = 200

const brokenBalancers: readonly BrokenBalancer[] = [...brokenSyncs, ...brokenDrains, ...brokenOverlaps]

function brokenKit(
  { breaks, traffic, drainMs: actualMs = drainMs }: BrokenBalancer,
  clock: Clock,
): BalancerKit {
  const wrap = (inner: FakeBalancer): LoadBalancer => ({
    name: inner.name,
    sync: inner.sync.bind(inner),
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
    const results = await runSuite((runner, clock) =>
      testLoadBalancer(runner, 'a broken balancer', brokenKit(broken, clock)),
    )
    expect(misjudged(results, broken)).toEqual(rightly)
  })

  it('skips, with the reason, what its kit cannot do', async () => {
    const results = await runSuite((runner, clock) => {
      const kit = fakeBalancerKit({ clock })
      const make: BalancerKit['make'] = async () => {
        const under = await kit.make()
        return { ...under, failNextUpdate: undefined, updateCount: undefined } as unknown as BalancerUnderTest
      }
      testLoadBalancer(runner, 'a plain balancer', { ...kit, make })
    })
    expect(namesOf(results, 'failed')).toEqual([])
    expect(results.filter(({ outcome }) => outcome === 'skipped').map(({ reason }) => reason)).toEqual([
      'the kit has no updateCount',
      'the kit has no failNextUpdate',
    ])
  })

  it('has a broken balancer for each of its cases', () => {
    const cases = collectCases()
    testLoadBalancer(cases, 'any', fakeBalancerKit())
    const found = new Set(brokenBalancers.flatMap(({ fails }) => fails))
    expect(cases.names().filter((name) => !found.has(withoutSuite(name)))).toEqual([])
  })
})
