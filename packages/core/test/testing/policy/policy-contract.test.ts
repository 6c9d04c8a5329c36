import { describe, expect, it } from 'vitest'
import { collectCases, testPolicy } from '@flotilla/core/testing'
import { brokenProposals } from './broken/broken-proposals.js'
import { brokenStates } from './broken/broken-states.js'
import { impurePolicies } from './broken/impure-policies.js'
import { misjudged, namesOf, rightly, withoutSuite } from '../common/prove-suite.js'
import { samplePolicy } from './sample-policy.js'

const brokenPolicies = [...impurePolicies, ...brokenProposals, ...brokenStates]

testPolicy({ describe, it }, 'a policy of instances or of the group', { make: samplePolicy })

testPolicy({ describe, it }, 'a policy of instances', {
  make: samplePolicy,
  metrics: [{ name: 'cpu', unit: 'ratio', of: 'instance' }],
  levels: [0.1, 0.5, 0.9],
  seed: 7,
})

describe('testPolicy', () => {
  it.each(brokenPolicies)('finds a policy that $that', async (broken) => {
    const cases = collectCases()
    testPolicy(cases, 'a broken policy', {
      make: () => {
        const inner = samplePolicy()
        return { ...inner, ...broken.breaks(inner) }
      },
    })
    expect(misjudged(await cases.run(), broken)).toEqual(rightly)
  })

  it('leaves out the cases of missing readings for a policy that falls back', async () => {
    const cases = collectCases()
    testPolicy(cases, 'a fixed size', {
      make: () => ({
        name: 'fixed',
        metrics: [],
        evaluate: () => ({ proposal: { kind: 'count', count: 3, reason: 'fixed at 3' } }),
      }),
    })
    testPolicy(cases, 'a fallback', {
      make: () => ({
        name: 'fallback',
        metrics: ['cpu'],
        evaluate: ({ readings }) =>
          readings.ofGroup('cpu')?.kind === 'value'
            ? samplePolicy().evaluate({
                readings,
                observation: { group: 'web', at: 0, desired: 1, instances: [] },
                now: 0,
                state: undefined,
              })
            : { proposal: { kind: 'count', count: 3, reason: 'fixed at 3' } },
      }),
      whenMissing: 'falls-back',
    })
    const results = await cases.run()
    expect(namesOf(results, 'failed')).toEqual([])
    expect(results.filter(({ outcome }) => outcome === 'skipped').map(({ reason }) => reason)).toEqual([
      'it reads no metric',
      'it reads no metric',
      'it falls back when its metrics are missing',
      'it falls back when its metrics are missing',
    ])
  })

  it('has a broken policy for each of its cases', () => {
    const cases = collectCases()
    testPolicy(cases, 'any', { make: samplePolicy })
    const found = new Set(brokenPolicies.flatMap(({ fails }) => fails))
    expect(cases.names().filter((name) => !found.has(withoutSuite(name)))).toEqual([])
  })
})
