import { describe, expect, it } from 'vitest'
import type { ConnectOptions } from '../../src/config/connect-options.js'
import { connect } from '../../src/connect.js'

describe('options', () => {
  const auth = { authUrl: 'http://k', userId: 'u', password: 'hunter22' }

  it.each([
    [{ clod: 'x' }, /clod must be left out: there is no such option/],
    [{ cloud: '' }, /cloud must be a text that is not empty/],
    [{ cloud: 'x', auth }, /auth must be left out where cloud is given/],
    [{ auth: { ...auth, authUrl: 'nope' } }, /auth.authUrl must be an http or https address/],
    [{ auth: { ...auth, pasword: 'hunter22' } }, /auth.pasword must be left out/],
    [{ auth: { ...auth, password: 12 } }, /auth.password must be/],
    [
      { auth, interface: 'outside' },
      /interface must be public, internal or admin, or a list of these, got 'outside'/,
    ],
    [{ auth, timeoutMs: 0 }, /timeoutMs must be milliseconds, over 0 and at most 2147483647, got 0/],
    [{ auth, timeoutMs: Number.NaN }, /timeoutMs must be/],
    [{ auth, retries: { count: 1.5 } }, /retries.count must be a whole number from 0 to 20, got 1.5/],
    [
      { auth, microversions: { compute: 'latest' } },
      /microversions.compute must be such as 2.79, got 'latest'/,
    ],
    [{ auth, endpoints: { compute: 'nova' } }, /endpoints.compute must be an http or https address/],
    [{ auth, userAgent: 'a\r\nX-Evil: 1' }, /userAgent must be printable ASCII/],
    [{ auth, caFile: '/nope/ca.pem' }, /cannot read \/nope\/ca.pem/],
  ])('%j', (options, wanted) => {
    const run = (): unknown => connect({ environment: {}, searchPath: [], ...options } as ConnectOptions)
    expect(run).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(wanted) }),
    )
    expect(run).not.toThrow(/hunter22/)
  })
})
