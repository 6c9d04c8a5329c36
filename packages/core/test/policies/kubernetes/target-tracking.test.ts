import { describe, expect, it } from 'vitest'
import { FlotillaError, type Proposal, type Reading, targetTracking } from '../../../src/index.js'
import { at, observe, ofGroup, perInstance, set } from '../../observations.js'

function propose(
  readings: readonly Reading[],
  observation: ReturnType<typeof observe>,
  options: Partial<Parameters<typeof targetTracking>[0]> = {},
): Proposal {
  const policy = targetTracking({ metric: 'cpu', target: 0.5, ...options })
  return policy.evaluate({ readings: set(...readings), observation, now: at, state: undefined }).proposal
}

const countOf = (proposal: Proposal): number | string =>
  proposal.kind === 'count' ? proposal.count : proposal.kind

describe('targetTracking over instances', () => {
  // what, values of those in service, coming, desired, wanted
  it.each([
    ['keeps at the target', [0.5, 0.5], 0, 2, 2],
    ['keeps at the upper end of the tolerance, included', [0.55, 0.55], 0, 2, 2],
    ['keeps at the lower end of the tolerance, included', [0.45, 0.45], 0, 2, 2],
    ['grows just above it', [0.56, 0.56], 0, 2, 3],
    ['shrinks just below it', [0.44, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44, 0.44], 0, 9, 8],
    ['doubles at twice the target', [1, 1, 1], 0, 3, 6],
    ['does not round a binary fraction up', Array.from({ length: 10 }, () => 0.6), 0, 10, 12],
    ['shrinks to none without load', [0, 0], 0, 2, 0],
    ['counts those coming as idle when it would grow', [1, 1], 2, 4, 4],
    ['grows by what those coming cannot take', [1.5, 1.5], 1, 3, 6],
    ['keeps when those coming turn the verdict round', [0.7], 3, 4, 4],
    ['does not count those coming when it would shrink', [0.2, 0.2], 2, 4, 1],
    ['takes a missing one as fully busy when it would shrink', [0.2, 0.2, 0.2, undefined], 0, 4, 4],
    ['takes a missing one as idle when it would grow', [1, 1, undefined], 0, 3, 4],
    ['keeps when a missing one turns the verdict round', [0.3, undefined], 0, 2, 2],
    ['never grows on a fall, nor shrinks on a rise', [1.2, undefined, undefined], 0, 5, 5],
  ])('%s', (_, values, coming, desired, wanted) => {
    const readings = perInstance('cpu', [...values, ...Array.from({ length: coming }, () => undefined)])
    expect(countOf(propose(readings, observe(desired, values.length, coming)))).toBe(wanted)
  })

  it('takes a missing one as at the target when the unit is no ratio', () => {
    // 100 a second each wanted: 20, 20 and one unknown are (20 + 20 + 100) / 300 = 0.47 of it.
    const readings = perInstance('rps', [20, 20, undefined], 'per-second')
    expect(countOf(propose(readings, observe(3, 3), { metric: 'rps', target: 100 }))).toBe(2)
  })

  it('takes a missing one as at the target when that is above all there is', () => {
    const readings = perInstance('cpu', [0.5, 0.5, undefined])
    expect(countOf(propose(readings, observe(3, 3), { target: 2 }))).toBe(2)
  })

  it('has a tolerance of its own for each direction', () => {
    const options = { tolerance: { out: 0.5, in: 0 } }
    expect(countOf(propose(perInstance('cpu', [0.7, 0.7]), observe(2, 2), options))).toBe(2)
    expect(countOf(propose(perInstance('cpu', [0.49, 0.49, 0.49, 0.1]), observe(4, 4), options))).toBe(4)
    expect(countOf(propose(perInstance('cpu', [0.4, 0.4, 0.3, 0.1]), observe(4, 4), options))).toBe(3)
  })

  it('leaves those on their way out of the average', () => {
    const observation = observe(2, 2)
    const leaving = { ...observation.instances[0]!, id: 'i3', state: 'draining' as const }
    const readings = perInstance('cpu', [0.5, 0.5, 1])
    const crowded = { ...observation, instances: [...observation.instances, leaving] }
    expect(countOf(propose(readings, crowded))).toBe(2)
  })

  it.each([
    ['nothing was read', [], observe(2, 2)],
    ['nobody in service gave a value', perInstance('cpu', [undefined, undefined]), observe(2, 2)],
    ['nobody is in service', perInstance('cpu', [undefined]), observe(1, 0, 1)],
    ['the group is at zero', [], observe(0, 0)],
  ])('cannot tell when %s', (_, readings, observation) => {
    expect(propose(readings, observation).kind).toBe('cannot-tell')
  })

  it('gives its numbers in its reason', () => {
    const proposal = propose(perInstance('cpu', [0.8, 0.9]), observe(2, 2))
    expect(proposal.reason).toBe('cpu 0.85 over 2 is 1.7 x the target 0.5')
  })
})

describe('targetTracking of a metric of the group', () => {
  it.each([
    ['average', 250, 2, 2, 3],
    ['average', 205, 2, 2, 2],
    ['average', 0, 2, 2, 0],
    ['average', 250, 0, 0, 3],
    ['value', 200, 2, 2, 4],
    ['value', 109, 2, 2, 2],
    ['value', 250, 0, 0, 3],
    ['value', 50, 4, 3, 2],
  ] as const)('%s of %i with %i desired and %i ready is %i', (type, value, desired, ready, wanted) => {
    const readings = [ofGroup('jobs', value)]
    const proposal = propose(readings, observe(desired, ready), { metric: 'jobs', target: 100, type })
    expect(countOf(proposal)).toBe(wanted)
  })

  it('takes a load below zero for none', () => {
    expect(countOf(propose([ofGroup('jobs', -50)], observe(2, 2), { metric: 'jobs', target: 10 }))).toBe(0)
  })
})

describe('targetTracking options', () => {
  it.each([
    ['target', { target: 0 }],
    ['target', { target: Number.NaN }],
    ['target', { target: '0.5' }],
    ['metric', { metric: '' }],
    ['tolerance', { tolerance: -1 }],
    ['type', { type: 'sum' }],
    ['goal', { goal: 1 }],
  ])('refuses a bad %s', (field, options) => {
    const build = (): unknown => targetTracking({ metric: 'cpu', target: 0.5, ...options } as never)
    expect(build).toThrow(FlotillaError)
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})

describe('targetTracking of a value, while launches are coming', () => {
  const at150 = (options: { readonly shrinkWhileOver?: boolean }): Proposal =>
    propose([ofGroup('cpu', 150)], observe(10, 5, 5), { target: 100, type: 'value', ...options })

  it('does not shrink a group that is over its target', () => {
    expect(at150({})).toEqual({
      kind: 'count',
      count: 10,
      reason:
        'cpu 150 is 1.5 x the target 100, with 5 in service, where 8 would go against it while others are coming',
    })
  })

  it("does what Kubernetes' HPA does when it is told to", () => {
    expect(countOf(at150({ shrinkWhileOver: true }))).toBe(8)
  })

  it('still grows over the target, and shrinks under it', () => {
    const of = (value: number): number | string =>
      countOf(propose([ofGroup('cpu', value)], observe(10, 5, 5), { target: 100, type: 'value' }))
    expect([of(300), of(50)]).toEqual([15, 3])
  })
})
