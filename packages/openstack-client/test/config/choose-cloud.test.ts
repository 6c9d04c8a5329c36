import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { searchPath } from '../../src/config/config-files.js'
import type { ConnectOptions } from '../../src/config/connect-options.js'
import { proxyOfVariables } from '../../src/config/os-variables.js'
import { settingsOf } from '../../src/config/settings-of-options.js'
import type { CloudSettings } from '../../src/config/settings.js'
import { connect } from '../../src/connect.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openstack-client-'))
  for (const name of ['here', 'user', 'system']) mkdirSync(join(folder, name))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (path: string, text: string): string => {
  const whole = join(folder, path)
  writeFileSync(whole, text)
  return whole
}

const settings = (options: ConnectOptions = {}): CloudSettings =>
  settingsOf({
    environment: {},
    searchPath: ['here', 'user', 'system'].map((name) => join(folder, name)),
    ...options,
  })

const cloud = (name: string, extra = ''): string =>
  `  ${name}:\n    auth: { auth_url: http://${name}:5000/v3, username: u, password: p, project_name: lab }\n${extra}`

describe('which cloud is meant', () => {
  beforeEach(() => {
    write('user/clouds.yaml', `clouds:\n${cloud('one')}${cloud('two', '    region_name: West\n')}`)
  })

  const rc = { OS_AUTH_URL: 'http://rc:5000/v3', OS_USERNAME: 'u', OS_PASSWORD: 'p', OS_PROJECT_NAME: 'lab' }

  it.each([
    ['the one said in code', { cloud: 'two' }, { OS_CLOUD: 'one', ...rc }, 'two', 'http://two:5000/v3'],
    ['the one of OS_CLOUD', {}, { OS_CLOUD: 'one', ...rc }, 'one', 'http://one:5000/v3'],
    ['the one of the variables', {}, rc, 'envvars', 'http://rc:5000/v3'],
    ['the one of the variables, by its name', { cloud: 'envvars' }, rc, 'envvars', 'http://rc:5000/v3'],
    [
      'the one of the variables, by a name of its own',
      { cloud: 'mine' },
      { ...rc, OS_CLOUD_NAME: 'mine' },
      'mine',
      'http://rc:5000/v3',
    ],
  ])('%s', (_, options, environment, name, authUrl) => {
    const found = settings({ ...options, environment })
    expect(found.name).toBe(name)
    expect(found.auth.authUrl).toBe(authUrl)
  })

  it('is what the options say, without any file or variable', () => {
    const auth = { authUrl: 'http://code:5000', userId: 'u', password: 'p' }
    expect(settings({ auth, environment: { OS_CLOUD: 'one' } })).toMatchObject({
      name: 'given in code',
      auth: { authUrl: 'http://code:5000', scope: { kind: 'unscoped' } },
    })
  })

  it('is not guessed among several', () => {
    const wanted = /which cloud\? .*clouds.yaml has several: one, two; name one \(cloud, or OS_CLOUD\)/
    expect(() => settings()).toThrow(wanted)
    expect(() => settings({ cloud: 'three' })).toThrow(/no cloud named three: .*clouds.yaml has one, two/)
  })

  it('is the only one of a file that has one', () => {
    write('here/clouds.yaml', `clouds:\n${cloud('alone')}`)
    expect(settings().name).toBe('alone')
  })

  it('cannot be said when there is nothing at all', () => {
    rmSync(join(folder, 'user/clouds.yaml'))
    expect(() => settings()).toThrow(/which cloud\? no clouds.yaml in .*here/)
    expect(() => settings({ cloud: 'x' })).toThrow(/there is no clouds.yaml/)
  })

  it('has its region from code, then OS_REGION_NAME, then the file', () => {
    const environment = { OS_REGION_NAME: 'East' }
    expect(settings({ cloud: 'two' }).region).toBe('West')
    expect(settings({ cloud: 'two', environment }).region).toBe('East')
    expect(settings({ cloud: 'two', environment, region: 'North' }).region).toBe('North')
    expect(settings({ cloud: 'one' }).region).toBeUndefined()
  })
})

describe('the files', () => {
  it('are looked for here, then with the user, then with the system', () => {
    expect(searchPath({ HOME: '/home/u' }, '/work')).toEqual([
      '/work',
      '/home/u/.config/openstack',
      '/etc/openstack',
    ])
    expect(searchPath({ HOME: '/home/u', XDG_CONFIG_HOME: '/cfg' }, '/w')[1]).toBe('/cfg/openstack')
    expect(searchPath({ HOME: '/snap/x', SNAP_REAL_HOME: '/home/u' }, '/w')[1]).toBe(
      '/home/u/.config/openstack',
    )
    write('system/clouds.yaml', `clouds:\n${cloud('system')}`)
    expect(settings().name).toBe('system')
    write('user/clouds.yml', `clouds:\n${cloud('user')}`)
    expect(settings().name).toBe('user')
    write(
      'here/clouds.json',
      JSON.stringify({ clouds: { here: { auth: { auth_url: 'http://h', user_id: 'u', password: 'p' } } } }),
    )
    expect(settings().name).toBe('here')
    const file = write('special.yaml', `clouds:\n${cloud('special')}`)
    expect(settings({ environment: { OS_CLIENT_CONFIG_FILE: file } }).name).toBe('special')
  })

  it('named by a variable must be there', () => {
    expect(() => settings({ environment: { OS_CLIENT_CONFIG_FILE: join(folder, 'nope.yaml') } })).toThrow(
      /OS_CLIENT_CONFIG_FILE names .*nope.yaml, which is not there/,
    )
  })

  it('are laid on each other: profile, clouds, secure, region, code', () => {
    write(
      'user/clouds.yaml',
      `clouds:
  lab:
    profile: vendor
    auth: { username: u, project-name: lab, user_domain_name: Default }
    regions:
      - name: West
        values: { interface: admin }
      - East
    cacert: ~/ca.pem
    compute_endpoint_override: http://nova/v2.1
    load_balancer_endpoint_override: http://octavia
    compute_default_microversion: 2.79
`,
    )
    write('user/secure.yaml', 'clouds: { lab: { auth: { password: 0123 } } }')
    write(
      'system/clouds-public.yaml',
      'public-clouds: { vendor: { auth: { auth_url: "http://vendor:5000/v3", user_domain_name: Vendor }, interface: internal } }',
    )
    const found = settings({ endpoints: { network: 'http://neutron' }, microversions: { compute: '2.60' } })
    expect(found.auth).toMatchObject({
      authUrl: 'http://vendor:5000/v3',
      identity: { user: { name: 'u', domain: { name: 'Default' } } },
      scope: { project: { name: 'lab', domain: { id: 'default' } } },
    })
    // A password is text, leading noughts and all.
    expect(found.auth.identity.kind === 'password' && found.auth.identity.password.reveal()).toBe('0123')
    expect([found.region, found.interfaces[0]]).toEqual(['West', 'admin'])
    expect(found.caFile).toMatch(/^\/.*\/ca.pem$/)
    expect(found.endpoints).toEqual(
      new Map([
        ['compute', 'http://nova/v2.1'],
        ['load-balancer', 'http://octavia'],
        ['network', 'http://neutron'],
      ]),
    )
    expect(found.microversions).toEqual(new Map([['compute', '2.60']]))
    expect(settings({ region: 'East' })).toMatchObject({ region: 'East', interfaces: ['internal'] })
    expect(() => settings({ region: 'Mars' })).toThrow(/has no region Mars; it has West, East/)
  })

  it('say of a profile that nobody describes', () => {
    write('user/clouds.yaml', 'clouds: { lab: { profile: vendor, auth: { auth_url: "http://x" } } }')
    expect(() => settings()).toThrow(
      /cloud lab has the profile vendor, which no clouds-public.yaml describes/,
    )
  })

  it.each([
    [
      'not YAML',
      'clouds: { lab: { auth: { password: hunter22 } ',
      /clouds.yaml cannot be read as YAML \(line 1\)$/,
    ],
    ['two documents', 'clouds: {}\n---\npassword: hunter22', /clouds.yaml must be one YAML document/],
    ['a list', '- hunter22', /clouds.yaml must be a mapping/],
    ['clouds that are a list', 'clouds: [hunter22]', /"clouds" in .*clouds.yaml must be a mapping/],
  ])('that are %s are refused without being quoted', (_, text, wanted) => {
    write('user/clouds.yaml', text)
    expect(() => settings()).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(wanted) }),
    )
    expect(() => settings()).not.toThrow(/hunter22/)
  })

  it.each(['', '# nothing yet\n', '---\n'])('that are empty say nothing: %j', (text) => {
    write('user/clouds.yaml', text)
    expect(() => settings()).toThrow(/which cloud/)
  })

  it('share what stands once, by an anchor', () => {
    const common = 'common: &common { region_name: West, verify: false }'
    write('user/clouds.yaml', `${common}\nclouds:\n${cloud('lab', '    <<: *common\n')}`)
    expect(settings()).toMatchObject({ region: 'West', insecure: true })
  })

  it.each([
    ['insecure: true', true],
    ['insecure: "yes"', true],
    ['verify: false', true],
    ['verify: true', false],
    ['insecure: false', false],
    ['cacert: /ca.pem', false],
  ])('with %s: insecure is %s', (line, insecure) => {
    write('user/clouds.yaml', `clouds:\n${cloud('lab', `    ${line}\n`)}`)
    expect(settings().insecure).toBe(insecure)
  })

  it.each([
    ['interface: internal', 'internal'],
    ['endpoint_type: adminURL', 'admin'],
    ['region_name: x', 'public'],
  ])('with %s: the interface is %s', (line, wanted) => {
    write('user/clouds.yaml', `clouds:\n${cloud('lab', `    ${line}\n`)}`)
    expect(settings().interfaces[0]).toBe(wanted)
  })
})

describe('variables', () => {
  it('of an openrc, as MicroStack writes it, describe a cloud', () => {
    const environment = {
      OS_AUTH_TYPE: 'password',
      OS_AUTH_URL: 'https://10.20.20.1:5000/v3/',
      OS_CACERT: '/var/snap/microstack/common/etc/ssl/certs/cacert.pem',
      OS_IDENTITY_API_VERSION: '3',
      OS_PASSWORD: 'p',
      OS_PROJECT_DOMAIN_NAME: 'default',
      OS_PROJECT_NAME: 'admin',
      OS_USERNAME: 'admin',
      OS_USER_DOMAIN_NAME: 'default',
      OS_REGION_NAME: 'microstack',
      OS_INTERFACE: 'internal',
      OS_COMPUTE_ENDPOINT_OVERRIDE: 'http://nova',
    }
    expect(settings({ environment })).toMatchObject({
      name: 'envvars',
      region: 'microstack',
      interfaces: ['internal'],
      caFile: '/var/snap/microstack/common/etc/ssl/certs/cacert.pem',
      insecure: false,
      auth: {
        authUrl: 'https://10.20.20.1:5000/v3/',
        identity: { kind: 'password', user: { name: 'admin', domain: { name: 'default' } } },
        scope: { kind: 'project', project: { name: 'admin', domain: { name: 'default' } } },
      },
    })
  })

  it('that only choose describe none', () => {
    expect(() => settings({ environment: { OS_REGION_NAME: 'x', OS_CLOUD_NAME: 'y' } })).toThrow(
      /which cloud/,
    )
  })

  it.each([
    [{}, undefined],
    [{ HTTP_PROXY: 'http://p' }, { http: 'http://p', https: undefined, except: undefined }],
    [
      { https_proxy: 'http://s', NO_PROXY: 'a,b' },
      { http: undefined, https: 'http://s', except: 'a,b' },
    ],
    [
      { ALL_PROXY: 'http://a', HTTP_PROXY: 'http://p' },
      { http: 'http://p', https: 'http://a', except: undefined },
    ],
    [{ HTTP_PROXY: '', NO_PROXY: 'a' }, undefined],
  ])('say the proxy: %j', (environment, wanted) => {
    expect(proxyOfVariables(environment)).toEqual(wanted)
  })
})

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
