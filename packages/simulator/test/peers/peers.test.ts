import { testPolicy } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { type Contender, peers } from '../../src/index.js'
import { minuteMs, policyOf, proposed } from './size.js'

const rate = (ratio: number): { rate: number } => ({ rate: ratio * 10 })
const known = { ratePerInstance: 10 } as const

describe('React', () => {
  it.each([
    ['a fifth more than is missing', 12, 5, 5 + 8],
    ['one when one is missing', 6, 5, 6],
    ['nothing within a tenth above the load', 9.5, 10, 10],
    ['back to a fifth above the load', 5, 20, 6],
  ])('goes %s', (_, load, current, count) => {
    expect(proposed(peers.react(known), [{ ...rate(load), current, now: 0 }])).toEqual([count])
  })
})

describe('Adapt', () => {
  it('grows at once to a tenth above the load, with what its controller foresees', () => {
    // At the first tick the gain is 1: the difference of 5 is foreseen again.
    expect(proposed(peers.adapt(known), [{ ...rate(10), current: 5, now: 0 }])).toEqual([11 + 5])
  })

  it('shrinks a quarter of the excess at a time, and never below the load', () => {
    const ticks = [
      { ...rate(4), current: 12, now: 0 },
      { ...rate(4), current: 10, now: 1 },
    ]
    expect(proposed(peers.adapt(known), ticks)).toEqual([10, 9])
    const nearly = Array.from({ length: 8 }, (_, now) => ({ ...rate(4), current: 5, now }))
    expect(Math.min(...(proposed(peers.adapt(known), nearly) as number[]))).toBe(4)
  })
})

describe('Reg', () => {
  it('grows to a twentieth above the load', () => {
    expect(proposed(peers.reg(known), [{ ...rate(19.5), current: 5, now: 0 }])).toEqual([21])
  })

  it('shrinks to a fifth above what the parabola foresees, and never grows by it', () => {
    const falling = [16, 15, 14, 13, 12].map((load, now) => ({ ...rate(load), current: 20, now }))
    // The loads go on falling by one: 11 next, and 13.2 is 14.
    expect(proposed(peers.reg(known), falling).at(-1)).toBe(14)
    const rising = [4, 8, 12, 16, 19].map((load, now) => ({ ...rate(load), current: 20, now }))
    expect(proposed(peers.reg(known), rising).at(-1)).toBe(20)
  })
})

describe('Hist', () => {
  it('takes the ninetieth percentile of the hour, less the mean of the last errors', () => {
    const hour = Array.from({ length: 20 }, (_, index) => ({
      ...rate(index < 16 ? 4 : 8),
      current: 6,
      now: index,
    }))
    // Of 19 loads seen 16 are 4 and 3 are 8: the ninetieth percentile is 8; the last errors are +2, -2, -2, -2, -2.
    expect(proposed(peers.hist(known), hour).at(-1)).toBe(Math.ceil(8 - (2 - 8) / 5))
  })

  it('keeps another hour apart', () => {
    const ticks = [
      { ...rate(8), current: 3, now: 0 },
      { ...rate(2), current: 3, now: 3_600_000 },
      { ...rate(2), current: 3, now: 3_600_001 },
    ]
    expect(proposed(peers.hist(known), ticks)).toEqual([3, 3, 2])
  })

  it('goes to a twentieth above the load after falling short six times of ten', () => {
    const short = Array.from({ length: 6 }, (_, now) => ({ ...rate(10), current: 5, now }))
    expect(proposed(peers.hist(known), short).at(-1)).toBe(11)
  })
})

describe('ConPaaS', () => {
  it('follows the load while it has seen too little', () => {
    expect(proposed(peers.conpaas(known), [{ ...rate(3.2), current: 9, now: 0 }])).toEqual([4])
  })

  it('foresees a straight climb', () => {
    const climb = Array.from({ length: 30 }, (_, now) => ({ ...rate(now), current: 9, now }))
    expect(proposed(peers.conpaas(known), climb).at(-1)).toBe(30)
  })
})

describe('AWS target tracking', () => {
  const minutes = (cpus: readonly number[], current: number): (number | string)[] =>
    proposed(
      peers.awsTargetTracking({ target: 0.5 }),
      cpus.map((cpu, minute) => ({ cpu, current, now: (10 + minute) * minuteMs })),
    )

  it('grows in proportion when three full minutes were above', () => {
    expect(minutes([0.8, 0.8, 0.8, 0.8], 10)).toEqual([10, 10, 10, 16])
  })

  it('does not for two', () => {
    expect(minutes([0.8, 0.8, 0.4, 0.8], 10)).toEqual([10, 10, 10, 10])
  })

  it('shrinks after fifteen full minutes under nine tenths, rounding towards more', () => {
    const counts = minutes(Array<number>(16).fill(0.31), 10)
    expect(counts.slice(0, 15)).toEqual(Array(15).fill(10))
    expect(counts[15]).toBe(7)
  })

  it('does not shrink for a value between nine tenths and the target', () => {
    expect(minutes(Array<number>(20).fill(0.46), 10)).toEqual(Array(20).fill(10))
  })
})

describe('AWS step scaling', () => {
  it.each([
    ['30 % more from 70 %', 0.72, 10, 13],
    ['10 % more from 60 %', 0.6, 10, 11],
    ['one more when 10 % is less than one', 0.6, 4, 5],
    ['nothing at 55 %', 0.55, 10, 10],
    ['nothing just above 40 %', 0.41, 10, 10],
    ['10 % fewer at 40 %', 0.4, 10, 9],
    ['30 % fewer at 25 %, towards zero', 0.25, 9, 7],
  ])('goes %s', (_, cpu, current, count) => {
    const ticks = [0, 1].map((minute) => ({ cpu, current, now: (10 + minute) * minuteMs }))
    expect(proposed(peers.awsStep(), ticks)[1]).toBe(count)
  })
})

describe('Nomad', () => {
  it.each([
    [0.7, 10, 10],
    [0.706, 10, 10],
    [0.71, 10, 11],
    [0.35, 10, 5],
    [0.36, 10, 6],
  ])('at cpu %d goes from %d to %d', (cpu, current, count) => {
    expect(proposed(peers.nomad({ target: 0.7 }), [{ cpu, current, now: 0 }])).toEqual([count])
  })
})

const all: readonly Contender[] = [
  peers.hpa({ target: 0.7 }),
  peers.keda({ perInstance: 30 }),
  peers.awsTargetTracking({ target: 0.5 }),
  peers.awsStep(),
  peers.nomad({ target: 0.7 }),
  peers.threshold(),
  peers.loops.kvmHost(),
  peers.loops.docker(),
  peers.loops.kvmGuest(),
  peers.react(),
  peers.adapt(),
  peers.reg(),
  peers.hist(),
  peers.conpaas(),
]

describe('a peer asked wrongly', () => {
  it.each([
    ['target', () => peers.hpa({ target: 0 })],
    ['target', () => peers.awsTargetTracking({ target: -1 })],
    ['warmupMs', () => peers.awsStep({ warmupMs: Number.NaN })],
    ['cooldownMs', () => peers.nomad({ target: 0.5, cooldownMs: -1 })],
    ['ratePerInstance', () => peers.react({ ratePerInstance: 0 })],
  ])('names %s', (field, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})

describe('every peer', () => {
  it('has a name of its own and says where it comes from', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    for (const { source } of all) expect(source).toBeTruthy()
  })
})

// The others are core's own policies, which core tests.
const ours = all.filter(
  ({ policy }) => !('name' in policy) || !/^(targetTracking|threshold)/.test(policy.name),
)

for (const contender of ours) {
  testPolicy({ describe, it }, contender.name, {
    make: () => policyOf(contender),
    metrics: [
      { name: 'cpu', unit: 'ratio', of: 'instance' },
      { name: 'http.request_rate', unit: 'per-second', of: 'group' },
    ],
  })
}
