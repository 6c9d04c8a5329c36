import { describe, expect, it } from 'vitest'
import { searchPath } from '../../src/config/config-files.js'
import { configFolders } from '../kit/config-folders.js'

const { pathOf, write, settings } = configFolders()

const cloud = (name: string, extra = ''): string =>
  `  ${name}:\n    auth: { auth_url: http://${name}:5000/v3, username: u, password: p, project_name: lab }\n${extra}`

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
    expect(() => settings({ environment: { OS_CLIENT_CONFIG_FILE: pathOf('nope.yaml') } })).toThrow(
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
