import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { warmPoolEntries } from '../../../src/authoring/warm-pool/options.js'

const schema = v.strictObject(warmPoolEntries(['stopped', 'paused']))
const isTaken = (given: unknown): boolean => v.is(schema, given)

describe('warmPoolEntries', () => {
  it('takes what a warm pool has, with the kinds of its backend', () => {
    const check = async (): Promise<{ healthy: boolean }> => ({ healthy: true })
    const full = {
      size: 2,
      kind: 'paused',
      ready: { name: 'x', check },
      bootTimeoutMs: 1,
      onProblem: () => {},
    }
    expect(isTaken({ size: 0 })).toBe(true)
    expect(isTaken(full)).toBe(true)
  })

  it.each([
    {},
    { size: -1 },
    { size: 1.5 },
    { size: 1, kind: 'shelved' },
    { size: 1, ready: {} },
    { size: 1, count: 1 },
  ])('refuses %j', (given) => {
    expect(isTaken(given)).toBe(false)
  })
})
