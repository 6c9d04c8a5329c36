import { describe, expect, it } from 'vitest'
import { lastLines } from '@flotilla/core/authoring'

describe('lastLines', () => {
  it.each([
    ['boom: no DB_URL\n', 'boom: no DB_URL'],
    ['\u001b[31mred\u001b[0m\r\n\r\n', 'red'],
    ['a\u0000b\u0007', 'ab'],
    ['password=hunter2 next', 'password=(hidden) next'],
    ['{"api_key": "abc", "x": 1}', '{"api_key": (hidden), "x": 1}'],
    ['Authorization: Bearer abc.def', 'Authorization: (hidden)'],
    ['postgres://me:pw@db/x', 'postgres://(hidden)@db/x'],
  ])('shows %j as %j', (output, shown) => {
    expect(lastLines(output)).toBe(shown)
  })

  it('is undefined when nothing was written', () => {
    expect(lastLines('')).toBeUndefined()
    expect(lastLines('\n \n')).toBeUndefined()
  })

  it('hides the values it is given, the longest first', () => {
    expect(lastLines('connects with s3cretlong', { secrets: ['s3cret', 's3cretlong', 'a'] })).toBe(
      'connects with (hidden)',
    )
  })

  it('keeps the end, within its bounds', () => {
    const many = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')
    expect(lastLines(many, { maxLines: 2 })).toBe('line 98\nline 99')
    const long = lastLines('x'.repeat(5000)) ?? ''
    expect(long).toHaveLength(1000)
    expect(long.startsWith('…')).toBe(true)
  })

  it('is quick on much output', () => {
    expect(lastLines('password '.repeat(2_000_000))).toContain('password')
  })
})
