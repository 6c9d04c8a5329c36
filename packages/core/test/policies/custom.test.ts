import { describe, expect, it } from 'vitest'
import { evaluate } from './evaluating.js'
import { customPolicy } from './policies.js'

describe('customPolicy', () => {
  it('takes a number for a count', () => {
    const policy = customPolicy({ name: 'mine', propose: ({ observation }) => observation.desired + 1 })
    expect(evaluate(policy, []).proposal).toEqual({ kind: 'count', count: 3, reason: 'mine says 3' })
  })
})
