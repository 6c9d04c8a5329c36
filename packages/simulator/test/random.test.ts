import { describe, expect, it } from 'vitest'
import { newRandom } from '../src/random.js'

const drawn = (seed: number, use: string): number[] => {
  const random = newRandom(seed, use)
  return Array.from({ length: 20_000 }, () => random.uniform())
}

describe('newRandom', () => {
  it('repeats itself for the same seed and use', () => {
    expect(drawn(7, 'noise')).toEqual(drawn(7, 'noise'))
  })

  it('gives another stream for another seed and for another use', () => {
    const first = drawn(7, 'noise').slice(0, 5)
    expect(drawn(8, 'noise').slice(0, 5)).not.toEqual(first)
    expect(drawn(7, 'starts').slice(0, 5)).not.toEqual(first)
  })

  it('spreads evenly over 0 to 1', () => {
    const values = drawn(1, 'any')
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => values.filter((value) => Math.floor(value * 10) === tenth).length,
    )
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThan(1)
    for (const count of tenths) expect(count / values.length).toBeCloseTo(0.1, 1)
  })

  it('has the mean and the spread that its names promise', () => {
    const random = newRandom(3, 'moments')
    const count = 50_000
    let sum = 0
    let squares = 0
    let exponential = 0
    for (let index = 0; index < count; index += 1) {
      const value = random.gauss()
      sum += value
      squares += value ** 2
      exponential += random.exponential()
    }
    expect(sum / count).toBeCloseTo(0, 1)
    expect(squares / count).toBeCloseTo(1, 1)
    expect(exponential / count).toBeCloseTo(1, 1)
  })
})
