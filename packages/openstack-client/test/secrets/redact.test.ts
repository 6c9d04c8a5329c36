import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactor } from '../../src/secrets/redact.js'
import { Secret } from '../../src/secrets/secret.js'

describe('a redactor', () => {
  it('takes out every known secret, wherever it stands', () => {
    const texts = fc.string({ maxLength: 30 })
    const secrets = fc
      .string({ minLength: 6, maxLength: 30 })
      .filter((text) => !'(hidden)'.includes(text) && !/\/\//.test(text))
    fc.assert(
      fc.property(texts, secrets, texts, (before, secret, after) => {
        const redact = redactor(() => [new Secret(secret), undefined])
        expect(redact(`${before}${secret}${after}${secret}`)).not.toContain(secret)
      }),
    )
  })

  it('takes credentials out of addresses', () => {
    expect(redactor(() => [])('GET https://u:hunter22@proxy:3128/ failed')).toBe(
      'GET https://(hidden)@proxy:3128/ failed',
    )
  })

  it('knows the token of the moment', () => {
    let token = 'first-token'
    const redact = redactor(() => [new Secret(token)])
    expect(redact('first-token second-token')).toBe('(hidden) second-token')
    token = 'second-token'
    expect(redact('first-token second-token')).toBe('first-token (hidden)')
  })
})
