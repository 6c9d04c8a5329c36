import { describe, expect, it } from 'vitest'
import { FlotillaError } from '../../../src/index.js'
import { afterFailure, retryDelayMs } from '../../../src/controller/life/launch-backoff.js'
import { freshState } from '../../../src/controller/life/group-state.js'
import { rig } from '../harness.js'

const limits = { baseMs: 1000, capMs: 8000 }

describe('afterFailure', () => {
  it.each([
    [0, 500],
    [0.5, 750],
    [0.333_333, 667],
  ])('waits half of it and as much again at random: with %d until %d, a whole number', (random, until) => {
    expect(afterFailure(freshState.backoff, 0, limits, random)).toMatchObject({ failures: 1, until })
  })

  it('doubles with each failure in a row, up to its cap, and counts those of one wait as one', () => {
    let backoff = freshState.backoff
    const waits: number[] = []
    let now = 1
    for (let count = 0; count < 6; count += 1) {
      backoff = afterFailure(backoff, now, limits, 0)
      waits.push(backoff.until - now)
      expect(afterFailure(backoff, now, limits, 0)).toMatchObject({ failures: count + 1 })
      now = backoff.until
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 4000, 4000])
  })
})

describe('retryDelayMs', () => {
  it('doubles to a minute', () => {
    expect([1, 2, 6, 7, 100].map(retryDelayMs)).toEqual([1000, 2000, 32_000, 60_000, 60_000])
  })
})

describe('status', () => {
  it('says when the next launch is due while launches wait, and nothing when they do not', async () => {
    const one = rig({ random: () => 0.3333 })
    const fault = new FlotillaError('no-capacity', 'no room')
    one.backend.faults.launch = () => ({ kind: 'fail', error: fault })
    await one.start()
    await one.clock.advance(1)
    const { backoff } = one.web.status()
    expect(backoff).toMatchObject({ failures: 1 })
    expect(Number.isInteger(backoff?.until)).toBe(true)
    expect(backoff?.until).toBeGreaterThan(one.clock.now())
    one.backend.faults.launch = undefined
    await one.clock.advance(120_000)
    expect(one.web.status().backoff).toBeUndefined()
  })
})
