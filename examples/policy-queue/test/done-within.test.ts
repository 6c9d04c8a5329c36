import { ReadingSet } from '@flotilla/core/authoring'
import { sampleNow, sampleObservation, testPolicy } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { doneInAMinute, doneWithin } from '../done-within.js'

// #region kit
const options = { metric: 'queue.length', jobsPerSecond: 2, withinMs: 60_000, idleMs: 120_000 }
const metrics = [{ name: 'queue.length', unit: 'count', of: 'group' }] as const

testPolicy({ describe, it }, 'doneWithin', { make: () => doneWithin(options), metrics })
testPolicy({ describe, it }, 'doneInAMinute', { make: () => doneInAMinute, metrics })
// #endregion

// #region cases
const at = (waiting: number, now: number) => ({
  readings: new ReadingSet([{ kind: 'value', name: 'queue.length', unit: 'count', at: now, value: waiting }]),
  observation: sampleObservation(3),
  now,
})

describe('doneWithin', () => {
  it.each([
    [0, 1],
    [1, 1],
    [120, 1],
    [121, 2],
    [1200, 10],
  ])('for %i jobs it wants %i', (waiting, count) => {
    const { proposal } = doneWithin(options).evaluate({ ...at(waiting, sampleNow), state: undefined })
    expect(proposal).toMatchObject({ kind: 'count', count })
  })

  it('lets the last one go when no job has waited for two minutes', () => {
    const policy = doneWithin(options)
    const busy = policy.evaluate({ ...at(5, sampleNow), state: undefined })
    const idle = policy.evaluate({ ...at(0, sampleNow + 119_000), state: busy.state })
    expect(idle.proposal).toMatchObject({ count: 1 })
    expect(policy.evaluate({ ...at(0, sampleNow + 120_000), state: idle.state }).proposal).toMatchObject({
      count: 0,
    })
  })
})
// #endregion
