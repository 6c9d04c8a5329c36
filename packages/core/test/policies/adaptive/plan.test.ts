import { describe, expect, it } from 'vitest'
import { type Errors, errorBounds, withError } from '../../../src/policies/adaptive/margin.js'
import { type Candidate, plannerFor } from '../../../src/policies/adaptive/plan.js'
import { scaleOf, scales } from '../../../src/policies/adaptive/track-record.js'

const none: Errors = { loads: errorBounds.map(() => 0), scale: 0, forecasts: 0, least: 0, weight: 1 }

const followed = (...errors: readonly Errors[]): readonly Candidate[] =>
  errors.map((seen, forecaster) => ({ forecaster, scale: 'load', errors: seen }))

describe('plan', () => {
  const loads = Array.from({ length: 100 }, (_, tick) => (tick % 10 === 0 ? 2 : 1))
  const of = (expected: number): Errors =>
    loads.reduce((seen, load) => withError(seen, expected, expected, load), none)

  it('follows the forecaster that would have cost least, the first of equals', () => {
    // To expect 2 is dear and never late; to expect 1 is cheap, and late for two in eleven.
    expect(plannerFor(followed(of(1), of(2), of(2)), 'without')(2)).toMatchObject({
      forecaster: 0,
      margin: { share: 0 },
    })
    expect(plannerFor(followed(of(1.1), of(2), of(2)), 'without')(100)).toMatchObject({
      forecaster: 1,
      margin: { lateShare: 0 },
    })
  })

  /** The scale of the plan for loads that were each expected to be what came before their burst. */
  function scaleFor(pairs: readonly (readonly [expected: number, load: number])[]): string {
    const mean = pairs.reduce((sum, [, load]) => sum + load, 0) / pairs.length
    const candidates = scales.map((scale): Candidate => {
      const errors = pairs.reduce(
        (seen, [expected, load]) => withError(seen, expected, scaleOf(scale, expected, mean), load),
        none,
      )
      return { forecaster: 0, scale, errors }
    })
    return plannerFor(candidates, 'without')(30).scale
  }
  const calmAt = (expected: number): (readonly [number, number])[] =>
    Array.from({ length: 40 }, () => [expected, expected] as const)

  it('takes errors for shares of the load where bursts grow with it', () => {
    const crowds = [2, 4, 8, 16].flatMap((load) => [...calmAt(load), [load, 1.5 * load] as const])
    expect(scaleFor(crowds)).toBe('load')
  })

  it('takes errors for as large at any load where bursts are: few heavy clients', () => {
    const clients = [1, 2, 6, 17].flatMap((load) => [...calmAt(load), [load, load + 5] as const])
    expect(scaleFor(clients)).toBe('constant')
  })

  it('takes errors for between the two where they grow with the root of the load: many small clients', () => {
    const small = [1, 4, 9, 16].flatMap((load) => [
      ...calmAt(load),
      [load, load + 2 * Math.sqrt(load)] as const,
    ])
    expect(scaleFor(small)).toBe('root')
  })
})
