import { describe, expect, it } from 'vitest'
import { newTrace, parts, randomShape, shape, shapeKinds } from '../../src/index.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

const values = (part: ReturnType<typeof parts.daily>, durationMs = dayMs, seed = 1): readonly number[] =>
  Array.from(shape({ name: 's', parts: [part], rate: 1, durationMs, seed }).values)

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length

const deviation = (numbers: readonly number[]): number => {
  const middle = mean(numbers)
  return Math.sqrt(mean(numbers.map((one) => (one - middle) ** 2)))
}

describe('a part of a shape', () => {
  it('daily: swings as high as told, at its hour', () => {
    const day = values(parts.daily({ amplitude: 0.4, peakHour: 6 }))
    expect(Math.max(...day)).toBeCloseTo(1.4, 3)
    expect(Math.min(...day)).toBeCloseTo(0.6, 3)
    expect(day.indexOf(Math.max(...day)) / 60).toBeCloseTo(6, 1)
    expect(mean(day)).toBeCloseTo(1, 6)
  })

  it('weekly: is quieter on days five and six', () => {
    const week = values(parts.weekly(0.5), 7 * dayMs)
    expect([4, 5, 6].map((day) => week[day * 1440 + 700])).toEqual([1, 0.5, 0.5])
  })

  it('trend: grows in proportion', () => {
    const days = values(parts.trend(2), 2 * dayMs)
    expect((days[2879] ?? 0) / (days[1439] ?? 1)).toBeCloseTo(2, 9)
  })

  it('onOff: is there and then is not', () => {
    const hours = values(parts.onOff({ onMs: hourMs, offMs: hourMs, low: 0.2 }))
    expect([30, 90, 150].map((minute) => hours[minute])).toEqual([1, 0.2, 1])
  })

  it('steps: stays on a level, then jumps to another between the bounds', () => {
    const levels = values(parts.steps({ holdMs: hourMs, low: 0.4, high: 0.8 }))
    expect(Math.min(...levels)).toBeGreaterThanOrEqual(0.4)
    expect(Math.max(...levels)).toBeLessThanOrEqual(0.8)
    const jumps = levels.filter((level, index) => index > 0 && level !== levels[index - 1]).length
    expect(jumps).toBeGreaterThan(10)
    expect(jumps).toBeLessThan(50)
  })

  it('ramp: climbs straight between two moments', () => {
    const climb = values(parts.ramp({ fromMs: hourMs, toMs: 3 * hourMs, from: 1, to: 3 }))
    expect([0, 120, 300].map((minute) => climb[minute])).toEqual([1, expect.closeTo(2, 1), 3])
  })

  it('flashCrowd: rises steeply, then halves and halves', () => {
    const crowd = values(parts.flashCrowd({ atMs: hourMs, height: 5, riseMs: 120_000, halfLifeMs: 600_000 }))
    expect(crowd[59]).toBe(1)
    expect(Math.max(...crowd)).toBeGreaterThan(4.7)
    expect((crowd[72] ?? 0) - 1).toBeCloseTo(2, 0)
    expect(crowd[600]).toBeCloseTo(1, 6)
  })

  it('spikes: come about as often as told, and never below 1', () => {
    const bursts = values(parts.spikes({ perDay: 10, height: 3 }), 30 * dayMs)
    const count = bursts.filter((value, index) => value > 1 && (bursts[index - 1] ?? 1) === 1).length
    expect(Math.min(...bursts)).toBe(1)
    expect(count).toBeGreaterThan(200)
    expect(count).toBeLessThan(400)
  })

  it('noise: has mean 1 and the deviation told', () => {
    const noisy = values(parts.noise({ deviation: 0.2 }), 20 * dayMs)
    expect(mean(noisy)).toBeCloseTo(1, 1)
    expect(deviation(noisy)).toBeCloseTo(0.2, 1)
    expect(Math.min(...noisy)).toBeGreaterThan(0)
  })

  it('wander: stays near the interval before', () => {
    const walk = values(parts.wander(0.3, hourMs), 20 * dayMs)
    const changes = walk.slice(1).map((value, index) => value - (walk[index] ?? 0))
    expect(deviation(walk)).toBeGreaterThan(0.2)
    expect(deviation(changes)).toBeLessThan(deviation(walk) / 3)
  })

  it('counting: is the noisier the fewer there are', () => {
    expect(deviation(values(parts.counting(25)))).toBeCloseTo(0.2, 1)
    expect(deviation(values(parts.counting(10_000)))).toBeCloseTo(0.01, 2)
  })
})

describe('shape', () => {
  it('repeats itself for the same seed only', () => {
    expect(values(parts.noise(), dayMs, 4)).toEqual(values(parts.noise(), dayMs, 4))
    expect(values(parts.noise(), dayMs, 5)).not.toEqual(values(parts.noise(), dayMs, 4))
  })

  it('keeps a part as it was when another is added', () => {
    const { noise, trend } = parts
    const alone = shape({ name: 's', parts: [noise()] }).values
    const grown = shape({ name: 's', parts: [noise(), trend(1)] }).values
    expect(grown).toEqual(alone)
  })

  it('is refused when it makes no sense', () => {
    expect(() => shape({ name: '', parts: [] })).toThrow(expect.objectContaining({ field: 'name' }))
    expect(() => shape({ name: 's', parts: [], intervalMs: 10 })).toThrow(
      expect.objectContaining({ field: 'intervalMs' }),
    )
  })
})

describe('randomShape', () => {
  it.each(shapeKinds)('makes a load of the kind %s', (kind) => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const trace = randomShape(seed, { kind })
      expect(newTrace(trace).values).toHaveLength(1440)
      expect(Math.max(...trace.values)).toBeGreaterThan(0)
      expect(randomShape(seed, { kind })).toEqual(trace)
    }
  })

  it('draws every kind', () => {
    const names = Array.from({ length: 200 }, (_, seed) => randomShape(seed, { durationMs: hourMs }).name)
    const kinds = new Set(names.map((name) => name.replace(/-\d+$/, '')))
    expect([...kinds].toSorted()).toEqual([...shapeKinds].toSorted())
  })
})
