import { describe, expect, it } from 'vitest'
import { FakeCloud, recorded } from '../fake-cloud/fake-cloud.js'
import { auth, open } from '../fake-cloud/open.js'

describe('signing in', () => {
  it('is refused with a hint, and not tried again', async () => {
    const { cloud, fake } = open(new FakeCloud(), { auth: { ...auth, password: 'wrong horse' } })
    const error = await cloud.whoAmI().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unauthorized', status: 401, service: 'identity' })
    expect(String(error)).toMatch(/look at the user, the password/)
    expect(fake.requests).toHaveLength(1)
  })

  it('is tried again while Keystone is down', async () => {
    const fake = new FakeCloud().once('POST', '/identity/v3/auth/tokens', { status: 503 }, { status: 502 })
    const { cloud } = open(fake, { retries: { delayMs: 1 } })
    expect(await cloud.whoAmI()).toMatchObject({ projectName: 'lab' })
    expect(fake.requests).toHaveLength(3)
  })

  it('works with an application credential and with a token', async () => {
    const { authUrl } = auth
    const byCredential = open(new FakeCloud(), {
      auth: { authUrl, applicationCredentialId: 'a', applicationCredentialSecret: 'correct horse' },
    })
    expect(await byCredential.cloud.whoAmI()).toMatchObject({ userName: 'autoscaler' })
    const fake = new FakeCloud()
    fake.tokens.add('given-token')
    const byToken = open(fake, { auth: { authUrl, token: 'given-token', projectName: 'lab' } })
    expect(await byToken.cloud.whoAmI()).toMatchObject({ userName: 'autoscaler' })
  })

  it('gives what Keystone says of a user without a role', async () => {
    const fake = new FakeCloud().on('POST', '/identity/v3/auth/tokens', recorded('auth-no-role-401'))
    await expect(open(fake).cloud.whoAmI()).rejects.toMatchObject({ code: 'unauthorized' })
  })
})
