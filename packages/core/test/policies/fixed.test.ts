import { describe, expect, it } from 'vitest'
import { verdict } from './evaluating.js'
import { fixed } from './policies.js'

describe('fixed', () => {
  it('is always the same', () => expect(verdict(fixed(3), [])).toBe(3))
  it.each([[-1], [1.5], [Number.NaN], ['3' as never]])('refuses %s', (count) => {
    expect(() => fixed(count)).toThrow(/count must be a whole number/)
  })
})
