import type * as nodeTest from 'node:test'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  collectCases,
  fakeMetrics,
  testMetrics,
  type MetricsUnderTest,
  type TestRunner,
} from '@flotilla/core/testing'

/** Registers the suite of a source that cannot fail, whose case about failing so is skipped. */
function register(runner: TestRunner, under: Partial<MetricsUnderTest> = {}): void {
  testMetrics(runner, 'a source', { make: () => ({ metrics: fakeMetrics(), ...under }) })
}

describe('collectCases', () => {
  it('names a case by the blocks it stands in', () => {
    const cases = collectCases()
    cases.describe('outer', () => {
      cases.it('first', async () => {})
      cases.describe('inner', () => cases.it('second', async () => {}))
      cases.it('third', async () => {})
    })
    expect(cases.names()).toEqual(['outer > first', 'outer > inner > second', 'outer > third'])
  })

  it('runs one after another, and tells what became of each', async () => {
    const cases = collectCases()
    const seen: string[] = []
    const error = new Error('broken')
    cases.it('a', async () => {
      await Promise.resolve()
      seen.push('a')
    })
    cases.it('b', async () => {
      seen.push('b')
      throw error
    })
    cases.it('c', async (context) => {
      seen.push('c')
      ;(context as { skip(reason: string): void }).skip('not here')
    })
    expect(await cases.run()).toEqual([
      { name: 'a', outcome: 'passed' },
      { name: 'b', outcome: 'failed', reason: 'broken', error },
      { name: 'c', outcome: 'skipped', reason: 'not here' },
    ])
    expect(seen).toEqual(['a', 'b', 'c'])
  })
})

describe('a contract suite', () => {
  it("takes vitest's and node:test's functions as they are", () => {
    expectTypeOf<{ describe: typeof describe; it: typeof it }>().toExtend<TestRunner>()
    expectTypeOf<{ describe: typeof nodeTest.describe; it: typeof nodeTest.it }>().toExtend<TestRunner>()
  })

  it('hands in bodies that take no argument by name, so that jest does not wait for a callback', () => {
    const lengths: number[] = []
    register({ describe: (_, body) => body(), it: (_, body) => lengths.push(body.length) })
    expect(new Set(lengths)).toEqual(new Set([0]))
  })

  it('gives each case a bound beyond any that it waits for', () => {
    const bounds = new Set<number | undefined>()
    const runner: TestRunner = { describe: (_, body) => body(), it: (_name, _body, ms) => bounds.add(ms) }
    testMetrics(runner, 'a source', {
      make: () => ({ metrics: fakeMetrics() }),
      timeoutMs: 100,
      eventuallyMs: 1_000,
    })
    expect([...bounds]).toEqual([4_400])
  })

  it.each([
    ['an object, as that of node:test', (skip: () => void) => ({ skip })],
    ['a function, as that of vitest', (skip: () => void) => Object.assign(() => {}, { skip })],
  ])('skips through a context that is %s', async (_, contextOf) => {
    let skipCount = 0
    const running: Promise<void>[] = []
    const context = contextOf(() => (skipCount += 1))
    register({ describe: (_name, body) => body(), it: (_name, body) => running.push(body(context)) })
    await Promise.all(running)
    expect(skipCount).toBeGreaterThan(0)
  })

  it('passes what it would skip where the runner cannot', async () => {
    const running: Promise<void>[] = []
    register({ describe: (_name, body) => body(), it: (_name, body) => running.push(body()) })
    await expect(Promise.all(running)).resolves.toHaveLength(running.length)
  })

  it('cleans up after every case, and tells when that fails', async () => {
    let cleanCount = 0
    const cases = collectCases()
    register(cases, {
      cleanup: async () => {
        cleanCount += 1
        throw new Error('the disk is full')
      },
    })
    const results = await cases.run()
    expect(cleanCount).toBe(results.length)
    expect(new Set(results.map(({ reason }) => reason))).toEqual(new Set(['the disk is full']))
  })

  it('tells why a case failed, even if cleaning up fails too', async () => {
    const cases = collectCases()
    const metrics = { name: 'none', provides: [], sample: async () => [] }
    register(cases, { metrics, cleanup: async () => Promise.reject(new Error('the disk is full')) })
    const [first] = await cases.run()
    expect(first?.reason).toBe('a source that provides nothing is none')
  })
})
