import { describe, expect, it } from 'vitest'
import { readToken } from '../../src/auth/token.js'
import { fixture } from '../kit/fixture.js'

describe('a token', () => {
  it.each([
    ['auth-password-201', 'lab', 5],
    ['auth-appcred-201', 'lab', 5],
    // Its expiry is written without fraction and Z.
    ['auth-appcred-short-201', 'lab', 5],
    ['auth-unscoped-201', undefined, 0],
  ])('is read: %s', (name, projectName, services) => {
    const { issued_at: issued, expires_at: expires } = (
      fixture(name).response.body as { token: { issued_at: string; expires_at: string } }
    ).token
    const utc = (text: string): number => Date.parse(text.endsWith('Z') ? text : `${text}Z`)
    const token = readToken('t', fixture(name).response.body)
    expect(token.value.reveal()).toBe('t')
    expect(token.facts).toMatchObject({ projectName, userName: 'autoscaler', expiresAt: utc(expires) })
    expect(token.facts.lifetimeMs).toBe(utc(expires) - utc(issued))
    expect(token.facts.lifetimeMs).toBeGreaterThan(0)
    expect(token.catalog).toHaveLength(services)
  })

  it('that is none is a bad answer', () => {
    expect(() => readToken(null, {})).toThrow(expect.objectContaining({ code: 'bad-answer' }))
    expect(() => readToken('t', {})).toThrow(/no expires_at/)
  })
})
