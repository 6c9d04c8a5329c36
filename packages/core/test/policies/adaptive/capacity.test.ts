import { describe, expect, it } from 'vitest'
import { learnCapacity, unknownCapacity } from '../../../src/policies/adaptive/capacity.js'

describe('capacity', () => {
  const seen = { load: 60, cpu: 0.5, servingCount: 3, isSettled: true, queueGrowth: 0 }

  it('is the load over the CPU of all', () => {
    expect(learnCapacity(unknownCapacity(), seen)).toEqual({ perInstance: 40, sampleCount: 1 })
  })

  it('is guessed while instances are full: what arrives less what is left waiting', () => {
    const full = { load: 300, cpu: 1, servingCount: 3, isSettled: false, queueGrowth: 180 }
    const guess = learnCapacity(unknownCapacity(), full)
    expect(guess).toEqual({ perInstance: 40, sampleCount: 0 })
    expect(learnCapacity(guess, { ...full, queueGrowth: 150 })).toEqual({ perInstance: 45, sampleCount: 0 })
    // Its first real sample replaces the guess; then guesses are over.
    const known = learnCapacity(guess, { ...seen, load: 57 })
    expect(known).toEqual({ perInstance: 38, sampleCount: 1 })
    expect(learnCapacity(known, full)).toBe(known)
  })

  it.each([
    ['of a queue that no longer grows, which may be losing requests', { queueGrowth: 0 }],
    ['without a queue to look at', { queueGrowth: undefined }],
    ['of more waiting than came', { queueGrowth: 400 }],
  ])('guesses nothing %s', (_, change) => {
    const full = { load: 300, cpu: 1, servingCount: 3, isSettled: false, ...change }
    expect(learnCapacity(unknownCapacity(), full)).toEqual(unknownCapacity())
  })

  it('comes to a changed cost per request in minutes', () => {
    let known = { perInstance: 40, sampleCount: 1000 }
    for (let tick = 0; tick < 40; tick += 1) known = learnCapacity(known, { ...seen, load: 30 })
    expect(known.perInstance).toBeGreaterThan(20)
    expect(known.perInstance).toBeLessThan(21)
  })

  it.each([
    ['idle', { cpu: 0.08 }],
    ['full', { cpu: 0.92 }],
    ['without load', { load: 0 }],
    ['changing', { isSettled: false }],
    ['empty', { servingCount: 0 }],
    ['beyond number', { load: Infinity }],
  ])('learns nothing from a group that is %s', (_, change) => {
    const known = { perInstance: 40, sampleCount: 2 }
    expect(learnCapacity(known, { ...seen, ...change })).toBe(known)
  })
})
