import { describe, expect, it } from 'vitest'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { auth, open } from '../fake-cloud/open.js'

describe('a redirect', () => {
  const away = { status: 301, headers: { location: 'https://elsewhere.test/login?u=http://u:hunter22@x' } }

  it('is no success, and is not followed: the token would go with it', async () => {
    const fake = new FakeCloud()
      .on('DELETE', '/compute/v2.1/servers/1', away)
      .on('GET', '/compute/v2.1/servers/1', away)
    const { servers } = open(fake).cloud.compute
    for (const call of [servers.delete('1'), servers.get('1')]) {
      await expect(call).rejects.toMatchObject({
        code: 'bad-answer',
        status: 301,
        fault: expect.stringMatching(
          /^a redirect to https:\/\/elsewhere.test.*\(hidden\)@x, which is not followed/,
        ),
      })
    }
    expect(fake.requests.some(({ url }) => url.host === 'elsewhere.test')).toBe(false)
  })

  it('of Keystone says which address it wants', async () => {
    const fake = new FakeCloud().on('GET', '/identity/', away).on('POST', '/identity/v3/auth/tokens', away)
    for (const authUrl of ['http://cloud.test/identity', 'http://cloud.test/identity/v3']) {
      const who = open(fake, { auth: { ...auth, authUrl } }).cloud.whoAmI()
      await expect(who).rejects.toThrow(/identity: authenticate: 301 a redirect to https:\/\/elsewhere.test/)
    }
  })
})
