import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullness, hasRoom, rank, type Candidate, type Need } from '../../src/place/placement.js'

const gib = 2 ** 30
const need: Need = { memoryBytes: gib, vcpus: 1, strategy: 'spread', clonesInFlight: 2, reserveBytes: 0 }
const host: Candidate = {
  cpus: 8,
  memoryBytes: 16 * gib,
  availableBytes: 8 * gib,
  reservedBytes: 0,
  reservedVcpus: 0,
  busyRatio: 0.2,
  committedVcpus: 0,
  inFlight: 0,
}
const pack: Need = { ...need, strategy: 'pack' }

describe('placement', () => {
  const rows: readonly (readonly [
    name: string,
    candidates: readonly Partial<Candidate>[],
    need: Need,
    order: readonly number[],
  ])[] = [
    ['spreads to the one with more free memory', [{}, { availableBytes: 12 * gib }], need, [1, 0]],
    [
      'spreads to the less busy of two with much memory',
      [{ availableBytes: 15 * gib, busyRatio: 0.9 }, { availableBytes: 15 * gib }],
      need,
      [1, 0],
    ],
    ['packs onto the fuller one', [{ availableBytes: 12 * gib }, {}], pack, [1, 0]],
    [
      'packs past one that is nearly full',
      [{ availableBytes: 12 * gib }, { availableBytes: 1.5 * gib }],
      pack,
      [0, 1],
    ],
    ['leaves out one without room', [{ availableBytes: 0.5 * gib }, {}], need, [1]],
    ['leaves out one whose room is promised', [{ reservedBytes: 7.5 * gib }, {}], need, [1]],
    ['keeps what must stay free', [{ availableBytes: 1.5 * gib }, {}], { ...need, reserveBytes: gib }, [1]],
    [
      'comes last to one with as many launches as it may have',
      [{ availableBytes: 15 * gib, inFlight: 2 }, { inFlight: 1 }],
      need,
      [1, 0],
    ],
    ['takes turns between equals by their launches', [{ inFlight: 1 }, {}], need, [1, 0]],
    [
      'counts virtual CPUs before busy time is known',
      [
        { availableBytes: 15 * gib, busyRatio: undefined, committedVcpus: 8 },
        { availableBytes: 15 * gib, busyRatio: undefined },
      ],
      need,
      [1, 0],
    ],
    ['has nowhere to go when all are full', [{ availableBytes: 0 }, { availableBytes: 0 }], need, []],
  ]
  for (const [name, candidates, wish, order] of rows) {
    it(`it ${name}`, () => {
      expect(
        rank(
          candidates.map((change) => ({ ...host, ...change })),
          wish,
        ),
      ).toEqual(order)
    })
  }

  it('tells how full a host would be by the fuller of memory and CPU', () => {
    expect(fullness(host, need)).toBeCloseTo(9 / 16)
    expect(fullness({ ...host, busyRatio: 0.9 }, need)).toBeCloseTo(0.9 + 1 / 8)
  })

  it('gives each with room once, and none without', () => {
    const candidate = fc.record({
      cpus: fc.integer({ min: 1, max: 64 }),
      memoryBytes: fc.integer({ min: gib, max: 512 * gib }),
      availableBytes: fc.integer({ min: 0, max: 512 * gib }),
      reservedBytes: fc.integer({ min: 0, max: 8 * gib }),
      reservedVcpus: fc.nat(8),
      busyRatio: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      committedVcpus: fc.nat(100),
      inFlight: fc.nat(5),
    })
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 8 }), fc.constantFrom(need, pack), (candidates, wish) => {
        const order = rank(candidates, wish)
        const fits = [...candidates.keys()].filter((index) => hasRoom(candidates[index] as Candidate, wish))
        expect(order.toSorted((a, b) => a - b)).toEqual(fits)
      }),
    )
  })
})
