import { afterAll, describe, expect, it } from 'vitest'
import type { CallRecord } from '../../src/session/request.js'
import { connect } from '../../src/connect.js'
import { isNotFound } from '../../src/openstack-error.js'
import { Fields } from '../../src/resources/fields.js'
import { lab, uniqueName } from './lab.js'

const member = lab()
afterAll(() => member.close())

describe('Keystone', () => {
  it('knows us by password and by application credential', async () => {
    const credential = lab('appcred')
    const [byPassword, byCredential] = [await member.whoAmI(), await credential.whoAmI()]
    expect(byPassword.projectId).toMatch(/^[0-9a-f]{32}$/)
    expect(byCredential).toMatchObject({ projectId: byPassword.projectId, userId: byPassword.userId })
    expect(byPassword.expiresAt).toBeGreaterThan(Date.now())
    await credential.close()
  })

  it('opens the services of the catalogue', async () => {
    const types = (await member.catalog()).map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['compute', 'identity', 'image', 'network', 'placement']))
  })

  it('refuses a wrong password', async () => {
    const authUrl = (await member.catalog())
      .find(({ type }) => type === 'identity')
      ?.endpoints.find((endpoint) => endpoint.interface === 'public')?.url
    const auth = {
      authUrl: authUrl ?? '',
      username: 'autoscaler',
      password: 'not the password',
      projectName: 'lab',
    }
    const wrong = connect({ auth })
    await expect(wrong.whoAmI()).rejects.toMatchObject({
      code: 'unauthorized',
      status: 401,
      service: 'identity',
    })
    // Found through the version document too.
    const root = connect({ auth: { ...auth, authUrl: (authUrl ?? '').replace(/\/v3\/?$/, '') } })
    await expect(root.whoAmI()).rejects.toMatchObject({ code: 'unauthorized' })
    await Promise.all([wrong.close(), root.close()])
  })

  it('gives one token to many calls that begin at once', async () => {
    const records: CallRecord[] = []
    const cloud = lab('member', { onCall: (record) => records.push(record) })
    await Promise.all(Array.from({ length: 10 }, () => cloud.compute.limits()))
    expect(records.filter(({ service }) => service === 'identity')).toHaveLength(1)
    expect(records.filter(({ what }) => what === 'read its versions')).toHaveLength(1)
    await cloud.close()
  })

  it('is asked for a new token when the services refuse the old one', async () => {
    // A token of an application credential ends with the credential: in a few seconds.
    const { userId = '' } = await member.whoAmI()
    const path = `/users/${userId}/application_credentials`
    const identity = member.service('identity')
    const endsAt = new Date(Date.now() + 8000).toISOString().replace('Z', '')
    const { body } = await identity.request({
      what: 'create an application credential',
      method: 'POST',
      path,
      json: { application_credential: { name: uniqueName('short'), expires_at: endsAt } },
    })
    const made = Fields.of(body).fields('application_credential')
    const authUrl = (await member.catalog())
      .find(({ type }) => type === 'identity')
      ?.endpoints.find((endpoint) => endpoint.interface === 'public')?.url
    const records: CallRecord[] = []
    const short = connect({
      auth: {
        authUrl: authUrl ?? '',
        applicationCredentialId: made.text('id'),
        applicationCredentialSecret: made.text('secret'),
      },
      onCall: (record) => records.push(record),
    })
    await short.compute.limits()
    await member.waitFor({
      what: 'the credential to end',
      service: 'identity',
      read: async () => Date.now(),
      done: (now) => now > Date.parse(`${endsAt}Z`) + 1500,
    })
    // The credential has ended with its token: Keystone says so, and it is that which is told.
    await expect(short.compute.limits()).rejects.toMatchObject({ code: 'unauthorized', service: 'identity' })
    expect(records.filter(({ method, service }) => method === 'POST' && service === 'identity')).toHaveLength(
      2,
    )
    await short.close()
    const removal = identity.request({
      what: 'delete the application credential',
      method: 'DELETE',
      path: `${path}/${made.text('id') ?? ''}`,
    })
    // Keystone may have removed it when it had ended.
    await removal.catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  })
})
