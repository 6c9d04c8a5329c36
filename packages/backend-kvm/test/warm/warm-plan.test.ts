import { describe, expect, it } from 'vitest'
import { planPool } from '../../src/warm/warm-plan.js'

describe('the plan of a warm pool', () => {
  it('is nothing to do for an empty pool of no size', () => {
    const warm = { size: 0, kind: 'paused', maxAgeMs: 1, bootTimeoutMs: 1 } as const
    expect(planPool([], { warm, templateHash: 'a', now: 0, busy: new Set() })).toEqual({
      ready: [],
      preparing: [],
      surplus: [],
      missing: 0,
    })
  })
})
