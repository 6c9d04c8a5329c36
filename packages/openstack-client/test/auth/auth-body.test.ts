import { describe, expect, it } from 'vitest'
import { authBody } from '../../src/auth/auth-body.js'
import { readAuth } from '../../src/config/read-auth.js'
import { auth } from '../fake-cloud/open.js'
import { fixture } from '../kit/fixture.js'

const url = { auth_url: 'http://k:5000/v3' }
const user = { username: 'u', password: 'p' }
const bodyOf = (values: Record<string, unknown>): unknown =>
  authBody(readAuth('c', { auth: { ...url, ...values } }))
const password = (who: object, scope?: object): unknown => ({
  auth: {
    identity: { methods: ['password'], password: { user: { ...who, password: 'p' } } },
    ...(scope === undefined ? {} : { scope }),
  },
})

describe('the body for Keystone', () => {
  it.each([
    ['user of the default domain, no scope', user, password({ name: 'u', domain: { id: 'default' } })],
    [
      'user of a domain by name',
      { ...user, user_domain_name: 'D' },
      password({ name: 'u', domain: { name: 'D' } }),
    ],
    [
      'user of a domain by id',
      { ...user, user_domain_id: 'd' },
      password({ name: 'u', domain: { id: 'd' } }),
    ],
    [
      'user of a default domain',
      { ...user, default_domain: 'd' },
      password({ name: 'u', domain: { id: 'd' } }),
    ],
    ['user by id', { user_id: 'ui', password: 'p' }, password({ id: 'ui' })],
    [
      'project by name',
      { ...user, project_name: 'lab', project_domain_name: 'D' },
      password({ name: 'u', domain: { id: 'default' } }, { project: { name: 'lab', domain: { name: 'D' } } }),
    ],
    [
      'project by id',
      { user_id: 'ui', password: 'p', project_id: 'pi', project_name: 'lab' },
      password({ id: 'ui' }, { project: { id: 'pi' } }),
    ],
    [
      'tenant of old',
      { user_id: 'ui', password: 'p', tenant_name: 'lab' },
      password({ id: 'ui' }, { project: { name: 'lab', domain: { id: 'default' } } }),
    ],
    [
      'domain by id',
      { user_id: 'ui', password: 'p', domain_id: 'd' },
      password({ id: 'ui' }, { domain: { id: 'd' } }),
    ],
    [
      'domain by name',
      { user_id: 'ui', password: 'p', domain_name: 'D' },
      password({ id: 'ui' }, { domain: { name: 'D' } }),
    ],
    [
      'system',
      { user_id: 'ui', password: 'p', system_scope: 'all' },
      password({ id: 'ui' }, { system: { all: true } }),
    ],
    [
      'trust',
      { user_id: 'ui', password: 'p', trust_id: 't1' },
      password({ id: 'ui' }, { 'OS-TRUST:trust': { id: 't1' } }),
    ],
    [
      'a domain beside a project, which is that of both',
      { username: 'u', password: 'p', project_name: 'P', domain_name: 'D' },
      password({ name: 'u', domain: { name: 'D' } }, { project: { name: 'P', domain: { name: 'D' } } }),
    ],
    [
      'a domain beside a project, where the user has one of its own',
      { username: 'u', password: 'p', user_domain_id: 'U', project_name: 'P', domain_id: 'D' },
      password({ name: 'u', domain: { id: 'U' } }, { project: { name: 'P', domain: { id: 'D' } } }),
    ],
    [
      'token',
      { token: 't', project_id: 'pi' },
      { auth: { identity: { methods: ['token'], token: { id: 't' } }, scope: { project: { id: 'pi' } } } },
    ],
    [
      'token by type, a password beside it',
      { ...user, token: 't', auth_type: 'v3token' },
      {
        auth: { identity: { methods: ['token'], token: { id: 't' } } },
      },
    ],
    [
      'application credential by id, which takes no scope',
      { application_credential_id: 'a', application_credential_secret: 's', project_id: 'pi' },
      {
        auth: {
          identity: { methods: ['application_credential'], application_credential: { id: 'a', secret: 's' } },
        },
      },
    ],
    [
      'application credential by name',
      {
        application_credential_name: 'n',
        application_credential_secret: 's',
        username: 'u',
        user_domain_name: 'D',
      },
      {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { name: 'n', secret: 's', user: { name: 'u', domain: { name: 'D' } } },
          },
        },
      },
    ],
  ])('%s', (_, values, wanted) => {
    expect(bodyOf(values)).toEqual(wanted)
  })

  it('is the one that the real Keystone took', () => {
    const { username, projectName } = auth
    const values = {
      username,
      password: 'REDACTED',
      project_name: projectName,
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    }
    expect(bodyOf(values)).toEqual(fixture('auth-password-201').request.body)
  })

  it.each([
    ['no address', { auth_url: undefined, ...user }, /auth_url is missing/],
    [
      'an address that is none',
      { auth_url: 'keystone', ...user },
      /auth_url must be an http or https address/,
    ],
    ['credentials in it', { auth_url: 'http://u:hunter22@k', ...user }, /must not hold credentials/],
    ['no password', { username: 'u' }, /password is missing/],
    ['no user', { password: 'p' }, /username or user_id is missing/],
    [
      'no secret',
      { auth_type: 'v3applicationcredential', application_credential_id: 'a' },
      /application_credential_secret is missing/,
    ],
    [
      'a credential by name without user',
      { application_credential_name: 'n', application_credential_secret: 's' },
      /needs username or user_id/,
    ],
    [
      'a way that is not known',
      { ...user, auth_type: 'v3oidc' },
      /auth_type must be password, token or v3applicationcredential, got v3oidc/,
    ],
  ])('is not made of %s', (_, values, text) => {
    expect(() => bodyOf(values)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(text) }),
    )
    expect(() => bodyOf(values)).not.toThrow(/hunter22/)
  })
})
