import { describe, expect, it } from 'vitest'
import { heldCount, type Needs, withNeed } from '../../../src/policies/adaptive/hold.js'
import { at } from '../../observations.js'

describe('hold', () => {
  const run = (needs: readonly (readonly [number, number])[]): Needs => {
    let held: Needs = []
    for (const [ms, count] of needs) held = withNeed(held, count, at + ms, 60_000)
    return held
  }

  it('keeps the largest need of the window, and no more than there is', () => {
    const needs = run([
      [0, 9],
      [15_000, 4],
      [30_000, 6],
      [45_000, 3],
    ])
    expect(heldCount(needs, 3, 10)).toBe(9)
    expect(heldCount(needs, 3, 8)).toBe(8)
    expect(heldCount(withNeed(needs, 3, at + 60_000, 60_000), 3, 10)).toBe(6)
  })

  it('never holds growth', () => {
    expect(heldCount(run([[0, 20]]), 12, 10)).toBe(12)
  })

  it('keeps only what can still matter', () => {
    expect(
      run([
        [0, 5],
        [15_000, 7],
        [30_000, 6],
      ]),
    ).toEqual([
      [at + 15_000, 7],
      [at + 30_000, 6],
    ])
  })

  it('lets go of needs seen before the clock went back', () => {
    const needs = withNeed(run([[86_400_000, 9]]), 3, at, 60_000)
    expect(heldCount(needs, 3, 9)).toBe(9)
    expect(heldCount(withNeed(needs, 3, at + 60_001, 60_000), 3, 9)).toBe(3)
  })
})
