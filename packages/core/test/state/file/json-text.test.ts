import { describe, expect, it } from 'vitest'
import { jsonText } from '../../../src/state/file/json-text.js'

describe('jsonText', () => {
  it.each([null, 1.5, 'x', [1, [2]], { a: { b: [] }, c: undefined }])('takes %j', (state) => {
    expect(JSON.parse(jsonText(state))).toEqual(state)
  })

  it('takes objects without a prototype', () => {
    expect(jsonText(Object.assign(Object.create(null) as { a?: number }, { a: 1 }))).toBe('{"a":1}')
  })

  const circular: Record<string, unknown> = {}
  circular['self'] = circular

  it.each<[string, unknown, string]>([
    ['NaN', { a: [1, { b: Number.NaN }] }, 'the state at /a/1/b is NaN, which JSON cannot hold'],
    ['Infinity', [Infinity], 'the state at /0 is Infinity'],
    ['a date', { at: new Date() }, 'the state at /at is an object of a class'],
    ['a Map', new Map(), 'the state is an object of a class'],
    ['a function', { f: () => {} }, 'the state at /f is of type function'],
    ['a bigint', { n: 1n }, 'the state at /n is of type bigint'],
    ['a symbol', { s: Symbol('s') }, 'the state at /s is of type symbol'],
    ['undefined in an array', [undefined], 'the state at /0 is of type undefined'],
    ['a hole in an array', [, 1], 'the state at /0 is of type undefined'], // oxlint-disable-line no-sparse-arrays
    ['nothing at all', undefined, 'the state is of type undefined'],
    ['an object that writes itself', { toJSON: () => 1 }, 'the state is an object with a toJSON of its own'],
    ['a circle', circular, 'more than 100 levels deep, or part of itself'],
  ])('refuses %s, and says where', (_, state, message) => {
    expect(() => jsonText(state as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }),
    )
  })
})
