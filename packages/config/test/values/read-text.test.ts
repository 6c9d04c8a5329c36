import { describe, expect, it } from 'vitest'
import { numberForm, readNumber, textPattern } from '../../src/values/read-text.js'

describe('a number with its unit', () => {
  it.each([
    ['intervalMs', '15s', 15_000],
    ['intervalMs', '1h30m', 5_400_000],
    ['intervalMs', '1.5s', 1500],
    ['intervalMs', '2w', 1_209_600_000],
    ['intervalMs', '15', undefined],
    ['intervalMs', '15 s', undefined],
    ['intervalMs', '-15s', undefined],
    ['intervalMs', '', undefined],
    ['retryAfterSeconds', '2m', 120],
    ['memoryBytes', '2GiB', 2_147_483_648],
    ['memoryBytes', '2 GB', 2_000_000_000],
    ['memoryBytes', '512k', undefined],
    ['memoryMib', '2GiB', 2048],
    ['target', '60%', 0.6],
    ['target', '7%', 0.07],
    ['target', '60', undefined],
  ])('%s: %s is %s', (option, text, expected) => {
    expect(readNumber(option, text)).toBe(expected)
    expect(new RegExp(textPattern(option)).test(text)).toBe(expected !== undefined)
  })

  it('is offered where it would do', () => {
    expect(numberForm('windowMs', 'must be milliseconds')).toContain('15s')
    expect(numberForm('target', 'must be a finite number > 0')).toContain('60%')
    expect(numberForm('min', 'must be a whole number >= 0')).toBeUndefined()
    expect(numberForm('metric', 'must be a string')).toBeUndefined()
  })
})
