import { describe, expect, it } from 'vitest'
import type { Evaluation, Policy } from '../../../src/index.js'
import { evaluateSafely } from '../../../src/policies/kit/evaluate.js'
import { at, observe, set } from '../../observations.js'

const input = { readings: set(), observation: observe(2, 2), now: at }
const policy = (evaluate: Policy['evaluate']): Policy => ({ name: 'mine', metrics: [], evaluate })
const three: Evaluation = { proposal: { kind: 'count', count: 3, reason: 'three' }, state: 1 }

describe('evaluateSafely', () => {
  it('starts a policy afresh that fails on the state it was given, so that it does not fail for ever', () => {
    const picky = policy(({ state }) => {
      if (state === 'from another version') throw new TypeError('not mine')
      return three
    })
    expect(evaluateSafely(picky, { ...input, state: 'from another version' })).toEqual(three)
  })

  it('keeps the state of a policy that fails with it and without', () => {
    const broken = policy(() => {
      throw new Error('no')
    })
    expect(evaluateSafely(broken, { ...input, state: 7 })).toEqual({
      proposal: { kind: 'cannot-tell', reason: 'it failed: no', failed: true },
      state: 7,
    })
  })

  it('keeps the state of a policy that fails with it and talks nonsense without', () => {
    const broken = policy(({ state }) => {
      if (state !== undefined) throw new Error('no')
      return { proposal: { kind: 'count', count: Number.NaN, reason: '' } }
    })
    expect(evaluateSafely(broken, { ...input, state: 7 })).toMatchObject({
      proposal: { kind: 'cannot-tell' },
      state: 7,
    })
  })
})
