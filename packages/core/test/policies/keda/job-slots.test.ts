import { describe, expect, it } from 'vitest'
import type { JobSlotsOptions } from '../../../src/policies/keda/job-slots.js'
import { observe, ofGroup, perInstance } from '../../observations.js'
import { evaluate, verdict } from '../evaluating.js'
import { jobSlots } from '../policies.js'

const slots = (options: Partial<JobSlotsOptions>, inUse: number): number | string =>
  verdict(
    jobSlots({ inUse: 'slots', slotsPerInstance: 4, ...options }),
    [ofGroup('slots', inUse)],
    observe(3, 3),
  )

describe('jobSlots', () => {
  it.each<readonly [string, Partial<JobSlotsOptions>, number, number]>([
    ['one slot needs one instance', {}, 1, 1],
    ['a full instance needs one', {}, 4, 1],
    ['one more needs two', {}, 5, 2],
    ['none needs none: nothing is left behind', {}, 0, 0],
    ['idle slots', { idleCount: 5 }, 0, 2],
    ['idle slots beside those in use', { idleCount: 2 }, 6, 2],
    ['a share of those in use, rounded up', { scaleFactor: 0.3 }, 9, 3],
    ['no less than the idle count', { idleCount: 8, scaleFactor: 0.3 }, 9, 5],
    ['no more than the limit', { scaleFactor: 1, scaleFactorLimit: 4 }, 20, 6],
    ['without a limit', { scaleFactor: 1 }, 20, 10],
    ['a factor that no binary fraction has', { scaleFactor: 0.1 }, 10, 3],
    ['one slot an instance', { slotsPerInstance: 1, idleCount: 1 }, 7, 8],
    ['below zero is none', { idleCount: 1 }, -5, 1],
  ])('%s', (_, options, inUse, wanted) => expect(slots(options, inUse)).toBe(wanted))

  it('adds what is promised and what cannot be used', () => {
    const policy = jobSlots({
      inUse: 'slots',
      reserved: 'promised',
      unavailable: 'lost',
      slotsPerInstance: 4,
    })
    const readings = [ofGroup('slots', 6), ofGroup('promised', 2), ofGroup('lost', 1)]
    expect(evaluate(policy, readings).proposal).toEqual({
      kind: 'count',
      count: 3,
      reason: '6 in use + 2 reserved + 1 unavailable + 0 idle = 9 slots at 4 an instance: 3',
    })
    expect(verdict(policy, [ofGroup('slots', 6), ofGroup('promised', undefined), ofGroup('lost', 1)])).toBe(
      'cannot-tell',
    )
  })

  it('adds up what each instance says, and takes one that says nothing for full', () => {
    const policy = jobSlots({ inUse: 'slots', slotsPerInstance: 4 })
    expect(verdict(policy, perInstance('slots', [1, 2, 0]), observe(3, 3))).toBe(1)
    expect(verdict(policy, perInstance('slots', [1, undefined, 0]), observe(3, 3))).toBe(2)
    expect(verdict(policy, perInstance('slots', [1, 2, 3]), observe(3, 2, 1))).toBe(1)
    expect(verdict(policy, perInstance('slots', [undefined]), observe(1, 1))).toBe('cannot-tell')
  })

  it.each([
    ['slotsPerInstance', { slotsPerInstance: 0 }],
    ['idleCount', { idleCount: -1 }],
    ['scaleFactor', { scaleFactor: Number.NaN }],
    ['scaleFactorLimit', { idleCount: 5, scaleFactorLimit: 4 }],
  ])('refuses a bad %s', (field, options) => {
    const build = (): unknown => jobSlots({ inUse: 'slots', slotsPerInstance: 4, ...options })
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})
