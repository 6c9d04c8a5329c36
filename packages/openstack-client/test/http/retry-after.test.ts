import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../../src/http/retry-after.js'

const nowMs = Date.parse('2026-11-22T00:00:00Z')
describe('Retry-After', () => {
  it.each([
    [null, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['0', 0],
    ['1.5', 1500],
    ['Sat, 21 Nov 2026 23:00:00 GMT', 0],
    ['Nonsense 99', undefined],
  ])('%j is %j', (value, wanted) => {
    expect(retryAfterMs(value, nowMs)).toBe(wanted)
  })
})
