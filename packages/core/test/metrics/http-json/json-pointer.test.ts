import { describe, expect, it } from 'vitest'
import { isJsonPointer, resolvePointer } from '../../../src/metrics/http-json/json-pointer.js'

// The document and the pointers of RFC 6901, section 5.
const document = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
}

describe('resolvePointer', () => {
  it.each([
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('finds what %j names', (pointer, value) => {
    expect(resolvePointer(document, pointer)).toEqual({ found: true, value })
  })

  it('reads ~01 as ~1, not as /', () => {
    expect(resolvePointer({ '~1': 1, '/': 2 }, '/~01')).toEqual({ found: true, value: 1 })
  })

  it.each([
    ['/bar', '/bar'],
    ['/foo/2', '/foo/2'],
    ['/foo/-', '/foo/-'],
    ['/foo/00', '/foo/00'],
    ['/foo/0/x/y', '/foo/0/x'],
    ['/foo/length', '/foo/length'],
    ['/toString', '/toString'],
    ['/__proto__/x', '/__proto__'],
  ])('says where %j leads nowhere', (pointer, missing) => {
    expect(resolvePointer(document, pointer)).toEqual({ found: false, missing })
  })

  it.each([null, 3, 'text', true])('finds nothing inside %j', (value) => {
    expect(resolvePointer(value, '/x')).toEqual({ found: false, missing: '/x' })
  })
})

describe('isJsonPointer', () => {
  it.each(['', '/', '/a', '/a/b/0', '/~0~1', '//'])('takes %j', (text) => {
    expect(isJsonPointer(text)).toBe(true)
  })

  it.each(['a', 'a/b', '/~', '/~2', '/a~', '#/a'])('refuses %j', (text) => {
    expect(isJsonPointer(text)).toBe(false)
  })
})
