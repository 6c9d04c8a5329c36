import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/connect.js'
import { settingsOf } from '../../src/config/settings-of-options.js'
import type { CloudSettings } from '../../src/config/settings.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openstack-client-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const auth = 'auth_url: http://k:5000/v3, username: u, password: hunter22, project_name: lab'

/** A cloud of a file: lines of `auth`, and lines beside it. */
function read(more: {
  readonly auth?: string
  readonly beside?: string
  readonly whole?: string
}): CloudSettings {
  const text = more.whole ?? `clouds:\n  lab:\n    auth: { ${more.auth ?? auth} }\n    ${more.beside ?? ''}\n`
  writeFileSync(join(folder, 'clouds.yaml'), text)
  return settingsOf({ environment: {}, searchPath: [folder] })
}

const variables = (more: Readonly<Record<string, string>>): CloudSettings =>
  settingsOf({
    searchPath: [folder],
    environment: {
      OS_AUTH_URL: 'http://k:5000/v3',
      OS_USERNAME: 'u',
      OS_PASSWORD: 'hunter22',
      OS_PROJECT_NAME: 'lab',
      ...more,
    },
  })

describe('a key that changes who, where or how securely', () => {
  it.each([
    ['passcode', { auth: `${auth}, passcode: 123` }],
    ['identity_provider', { auth: `${auth}, identity_provider: x` }],
    [
      'system_scope must be all, got true',
      { auth: 'auth_url: http://k, user_id: u, password: p, system_scope: true' },
    ],
    ['trust_id and a project are both given', { auth: `${auth}, trust_id: t` }],
    ['system_scope and a project are both given', { auth: `${auth}, system_scope: all` }],
    ['password and token are both given', { auth: `${auth}, token: t` }],
    ['auth has no user_nme; did you mean username\\?', { auth: `${auth}, user_nme: x` }],
    ['auth has no colour', { auth: `${auth}, colour: x` }],
    ['vendor_hook', { beside: 'vendor_hook: x:y' }],
    ['compute_service_type', { beside: 'compute_service_type: legacy' }],
    ['compute_endpoint ', { beside: 'compute_endpoint: http://x' }],
    ['identity_api_version must be 3', { beside: 'identity_api_version: 2.0' }],
    ['image_api_version must be 2', { beside: 'image_api_version: 1' }],
    ['insecure must be true or false, got maybe', { beside: 'insecure: maybe' }],
    ['verify must be true or false, got /ca.pem; a CA file goes into cacert', { beside: 'verify: /ca.pem' }],
    ['interface must be public, internal or admin', { beside: 'interface: [internal, outside]' }],
    ['compute_endpoint_override must be an http', { beside: 'compute_endpoint_override: nova.example' }],
    ['api_timeout must be seconds', { beside: 'api_timeout: soon' }],
    ['profile ovh, which no clouds-public.yaml describes', { beside: 'profile: ovh' }],
  ])('is refused by its name: %s', (words, given) => {
    expect(() => read(given)).toThrow(new RegExp(words))
    expect(() => read(given)).not.toThrow(/hunter22/)
  })

  it.each([
    ['OS_TRUST_ID', { OS_TRUST_ID: 't' }, /trust_id and a project/],
    ['OS_SYSTEM_SCOPE', { OS_SYSTEM_SCOPE: 'true' }, /system_scope must be all/],
    ['OS_IDENTITY_API_VERSION', { OS_IDENTITY_API_VERSION: '2' }, /identity_api_version must be 3/],
    ['OS_PASSCODE', { OS_PASSCODE: '1' }, /passcode is not supported/],
    ['OS_PROFILE', { OS_PROFILE: 'ovh' }, /profile ovh/],
    ['OS_INSECURE', { OS_INSECURE: 'perhaps' }, /insecure must be/],
  ])('is refused as a variable too: %s', (_, given, words) => {
    expect(() => variables(given)).toThrow(words)
  })

  it('is read', () => {
    const found = read({
      beside: [
        'interface: [internal, public]',
        'compute_interface: admin',
        'image_region_name: West',
        'compute_endpoint_override: https://nova.example/v2.1',
        'api_timeout: 7.5',
        'volume_api_version: 3',
      ].join('\n    '),
    })
    expect(found.interfaces).toEqual(['internal', 'public'])
    expect(found.interfacesOf).toEqual(new Map([['compute', ['admin']]]))
    expect(found.regionsOf).toEqual(new Map([['image', 'West']]))
    expect(found.endpoints).toEqual(new Map([['compute', 'https://nova.example/v2.1']]))
    expect(found.apiTimeoutMs).toBe(7500)
    expect(variables({ OS_DOMAIN_NAME: 'D' }).auth.scope).toEqual({
      kind: 'project',
      project: { name: 'lab', domain: { name: 'D' } },
    })
  })
})

describe('another key', () => {
  it('is passed over as openstacksdk does, and told', () => {
    expect(read({ beside: 'floating_ip_source: neutron\n    colour: blue' }).ignoredKeys).toEqual([
      'colour',
      'floating_ip_source',
    ])
    writeFileSync(join(folder, 'clouds.yaml'), `clouds:\n  lab:\n    auth: { ${auth} }\n    colour: blue\n`)
    expect(connect({ environment: {}, searchPath: [folder] }).ignoredKeys).toEqual(['colour'])
  })
})

describe('nothing', () => {
  it.each(['~', 'null', 'Null', ''])('is nothing, not a text: region_name: %s', (value) => {
    const whole = `clouds:\n  lab:\n    auth: { ${auth} }\n    region_name: ${value}\n`
    expect(read({ whole }).region).toBeUndefined()
  })

  it('is no password', () => {
    expect(() => read({ auth: 'auth_url: http://k, username: u, password: null' })).toThrow(
      /password is missing/,
    )
    const quoted = read({ auth: 'auth_url: http://k, username: u, password: "null"' }).auth.identity
    expect(quoted).toMatchObject({ kind: 'password' })
  })

  it('of "clouds" in a file is told as that', () => {
    expect(() => read({ whole: 'lab:\n  auth: {}\n' })).toThrow(/clouds.yaml has no "clouds": what it says/)
  })
})

describe('options', () => {
  it.each([
    ['lab', /the options must be an object, such as \{ cloud: 'lab' \}, got 'lab'/],
    [{ auth: {} }, /auth.authUrl must be given: an http or https address/],
    [{ regoin: 'x' }, /regoin must be left out: there is no such option; did you mean region\?/],
    [{ auth: { authUrl: 'http://k', user: 'x' } }, /auth.user must be left out: there is no such option/],
    [{ auth: { authUrl: 'http://k', pasword: 'x' } }, /did you mean password\?/],
    [{ retries: { cont: 1 } }, /did you mean count\?/],
    [{ searchPath: 'x' }, /searchPath must be a list, got 'x'/],
    [{ insecure: 'no' }, /insecure must be true or false, got 'no'/],
    [{ interface: [] }, /interface must be/],
  ])('%j are refused in plain words', (given, words) => {
    expect(() => connect(given as never)).toThrow(words)
  })
})
