import { describe, expect, it } from 'vitest'
import { observe, ofGroup } from '../../observations.js'
import { verdict } from '../evaluating.js'
import { backlog } from '../policies.js'

describe('backlog', () => {
  it.each([
    [1500, 10, 15],
    [0, 3, 0],
    [1, 0, 1],
    [101, 1, 2],
  ])('%i waiting with %i instances wants %i', (waiting, desired, wanted) => {
    const policy = backlog({ metric: 'jobs', perInstance: 100 })
    expect(verdict(policy, [ofGroup('jobs', waiting)], observe(desired, desired))).toBe(wanted)
  })
})
