import { describe, expect, it } from 'vitest'
import { templateHash } from '../../src/authoring/template-hash.js'

describe('a template hash', () => {
  it('tells lists apart by their order, and objects not', () => {
    expect(templateHash({ a: [1, 2] })).not.toBe(templateHash({ a: [2, 1] }))
    expect(templateHash({ a: { x: 1, y: { p: 1, q: 2 } } })).toBe(
      templateHash({ a: { y: { q: 2, p: 1 }, x: 1 } }),
    )
  })
})
