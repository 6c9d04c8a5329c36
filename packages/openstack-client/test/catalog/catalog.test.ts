import { describe, expect, it } from 'vitest'
import { endpointOf, readCatalog } from '../../src/catalog/catalog.js'
import { fillIn, overrideOf } from '../../src/catalog/endpoint-override.js'
import { namesOfService, officialType } from '../../src/catalog/service-types.js'
import { discover } from '../../src/discovery/discover.js'
import { Fields } from '../../src/resources/fields.js'
import { FakeCloud, recorded } from '../fake-cloud/fake-cloud.js'
import { auth, open } from '../fake-cloud/open.js'
import { fixture } from '../kit/fixture.js'

const catalog = readCatalog(
  Fields.of(fixture('auth-password-201').response.body).fields('token').list('catalog'),
)
const choice = { interfaces: ['public'] as const, region: undefined } as const

const service = (type: string, ...endpoints: readonly [face: string, region: string, url: string][]) => ({
  type,
  name: type,
  endpoints: endpoints.map(([face, region, url]) => ({ interface: face, region, url })),
})

describe('the catalogue', () => {
  it('gives the address of a service of the recorded cloud', () => {
    expect(endpointOf(catalog, 'compute', choice)).toBe('http://cloud.test/compute/v2.1')
    expect(endpointOf(catalog, 'network', { ...choice, region: 'RegionOne' })).toBe(
      'http://cloud.test/network',
    )
  })

  it.each([
    ['block-storage', ['block-storage', 'volumev3', 'volumev2', 'volume', 'block-store']],
    ['volumev3', ['volumev3', 'block-storage', 'volumev2', 'volume', 'block-store']],
    ['compute', ['compute']],
    ['load_balancer', ['load-balancer']],
    ['something-new', ['something-new']],
  ])('knows %s under all its names', (type, names) => {
    expect(namesOfService(type)).toEqual(names)
  })

  it('gives the official type for a former name', () => {
    expect(officialType('volumev2')).toBe('block-storage')
    expect(officialType('sharev2')).toBe('shared-file-system')
    expect(officialType('compute')).toBe('compute')
  })

  it('chooses by interface and region, and the newest name first', () => {
    const mixed = [
      service('volumev2', ['public', 'one', 'http://v2']),
      service('volumev3', ['internal', 'one', 'http://v3-internal'], ['public', 'two', 'http://v3-two']),
    ]
    expect(endpointOf(mixed, 'block-storage', { interfaces: ['public'] as const, region: 'two' })).toBe(
      'http://v3-two',
    )
    expect(endpointOf(mixed, 'volumev2', choice)).toBe('http://v2')
    expect(endpointOf(mixed, 'block-storage', { interfaces: ['internal'] as const, region: undefined })).toBe(
      'http://v3-internal',
    )
  })

  it('takes an address from whichever service of the type has it, in the order of the interfaces', () => {
    const endpoint = (kind: string, region: string, url: string) => ({ interface: kind, region, url })
    const several = [
      { type: 'compute', name: 'one', endpoints: [endpoint('public', 'R1', 'http://one')] },
      {
        type: 'compute',
        name: 'two',
        endpoints: [endpoint('public', 'R2', 'http://two'), endpoint('internal', 'R2', 'http://in')],
      },
    ]
    const at = (region: string | undefined, ...interfaces: readonly ('public' | 'internal')[]) =>
      endpointOf(several, 'compute', { interfaces, region })
    expect(at('R2', 'public')).toBe('http://two')
    expect(at(undefined, 'public')).toBe('http://one')
    expect(at('R2', 'internal', 'public')).toBe('http://in')
    expect(at('R1', 'internal', 'public')).toBe('http://one')
  })

  it('says of an address that is none which it is', () => {
    const empty = [
      { type: 'compute', name: 'nova', endpoints: [{ interface: 'public', region: 'R1', url: '' }] },
    ]
    expect(() => endpointOf(empty, 'compute', choice)).toThrow(
      expect.objectContaining({
        code: 'no-endpoint',
        message: expect.stringMatching(/public endpoint in R1 is no http or https address: ""/),
      }),
    )
  })

  it('says what it has when it has not what is wanted', () => {
    const wanted = (run: () => unknown, text: RegExp): void => {
      expect(run).toThrow(
        expect.objectContaining({ code: 'no-endpoint', message: expect.stringMatching(text) }),
      )
    }
    wanted(
      () => endpointOf(catalog, 'load-balancer', choice),
      /has compute, identity, image, network, placement/,
    )
    wanted(
      () => endpointOf(catalog, 'compute', { ...choice, region: 'Mars' }),
      /in region Mars.*public in RegionOne/,
    )
    wanted(() => endpointOf([], 'compute', choice), /is empty/)
  })

  it('is stood in for by an override, under any name of the service', () => {
    const overrides = new Map([['volumev3', 'http://cinder']])
    expect(overrideOf(overrides, 'block-storage')).toBe('http://cinder')
    expect(overrideOf(overrides, 'compute')).toBeUndefined()
    expect(fillIn('http://nova/v2/%(project_id)s', 'p')).toBe('http://nova/v2/p')
    expect(fillIn('http://nova/v2/$(tenant_id)s', 'p')).toBe('http://nova/v2/p')
  })

  it('is not needed for a service whose address is overridden', async () => {
    const fake = new FakeCloud()
      .replay('GET', '/elsewhere/v2.1/', 'disc-nova-v21')
      .replay('GET', '/elsewhere/v2.1/limits', 'limits')
    const { cloud } = open(fake, { endpoints: { compute: 'http://cloud.test/elsewhere/v2.1' } })
    expect((await cloud.compute.limits()).instances.limit).toBe(2000)
  })

  it('is told, and who we are', async () => {
    const { cloud } = open()
    expect((await cloud.catalog()).map(({ type }) => type)).toContain('placement')
    expect(await cloud.whoAmI()).toMatchObject({
      projectName: 'lab',
      userName: 'autoscaler',
      roles: ['reader', 'member'],
    })
  })
})

describe('the API of a service', () => {
  const document = (name: string) => async () => fixture(name).response.body
  const none = async () => undefined

  it.each([
    ['network', 'http://h:9696', 'disc-neutron-root', 'http://h:9696/v2.0', undefined],
    [
      'network',
      'http://cloud.test/network/',
      'disc-neutron-root',
      'http://cloud.test/network/v2.0',
      undefined,
    ],
    ['image', 'http://cloud.test/image', 'disc-glance-root', 'http://cloud.test/image/v2', undefined],
    // Behind TLS, and the service does not know.
    ['image', 'https://cloud.test/image', 'disc-glance-root', 'https://cloud.test/image/v2', undefined],
    // Behind a front with a path of its own, and the service does not know.
    ['image', 'https://front/glance', 'disc-glance-root', 'https://front/glance/v2', undefined],
    ['compute', 'http://cloud.test/compute', 'disc-nova-root', 'http://cloud.test/compute/v2.1', '2.93'],
    ['compute', 'http://cloud.test/compute/v2.1', 'disc-nova-v21', 'http://cloud.test/compute/v2.1', '2.93'],
    ['compute', 'http://h/v2.1/0123456789abcdef', 'disc-nova-v21', 'http://h/v2.1/0123456789abcdef', '2.93'],
    ['placement', 'http://h/placement', 'disc-placement-root', 'http://h/placement', '1.39'],
  ])('%s at %s, %s', async (type, endpoint, name, url, max) => {
    const found = await discover(type, endpoint, document(name))
    expect(found.url).toBe(url)
    expect(found.microversions?.max).toBe(max)
  })

  it.each([
    ['network', 'http://h', 'http://h/v2.0'],
    ['image', 'http://h/image', 'http://h/image/v2'],
    ['load-balancer', 'http://h', 'http://h/v2'],
    ['compute', 'http://h', 'http://h/v2.1'],
    ['rating', 'http://h/rating', 'http://h/rating'],
  ])('%s is at its usual place where no document tells: %s', async (type, endpoint, url) => {
    expect(await discover(type, endpoint, none)).toEqual({ url, microversions: undefined })
  })

  it('asks for the document of a version at that version, and not with the project', async () => {
    const asked: string[] = []
    await discover('compute', 'http://h/v2.1/abc', async (url) => void asked.push(url))
    await discover('network', 'http://h/v2.0', async (url) => void asked.push(url))
    expect(asked).toEqual(['http://h/v2.1/'])
  })

  it('is found past a redirect on the same host, and never elsewhere: the token goes with it', async () => {
    const at = (location: string) => ({ status: 302, headers: { location } })
    const fake = new FakeCloud()
      .replay('GET', '/compute/v2.1/limits', 'limits')
      .once('GET', '/compute/v2.1/', at('/moved/'))
      .replay('GET', '/moved/', 'disc-nova-v21')
    expect(await open(fake).cloud.compute.microversions()).toEqual({ min: '2.1', max: '2.93' })
    const away = new FakeCloud().on('GET', '/compute/v2.1/', at('http://evil.test/'))
    expect(await open(away).cloud.compute.microversions()).toBeUndefined()
    expect(away.requests.map(({ url }) => url.host)).not.toContain('evil.test')
  })

  it('is looked for again after the document could not be had', async () => {
    const fake = new FakeCloud()
      .replay('GET', '/compute/v2.1/limits', 'limits')
      .once('GET', '/compute/v2.1/', { status: 500 })
    const { cloud } = open(fake, { retries: { count: 0 } })
    await expect(cloud.compute.limits()).rejects.toMatchObject({ code: 'unavailable' })
    expect((await cloud.compute.limits()).instances.limit).toBe(2000)
  })

  it('of Keystone is found at an address without version', async () => {
    const { cloud, fake } = open(new FakeCloud(), {
      auth: { ...auth, authUrl: 'http://cloud.test/identity' },
    })
    await cloud.whoAmI()
    expect(fake.requests.map(({ url }) => url.pathname)).toEqual(['/identity/', '/identity/v3/auth/tokens'])
  })

  it('of Keystone is taken to be v3 where the root is closed, or is the old v2.0', async () => {
    for (const authUrl of ['http://cloud.test/identity', 'http://cloud.test/identity/v2.0/']) {
      const fake = new FakeCloud().on('GET', '/identity/', recorded('err-policy-403'))
      expect(await open(fake, { auth: { ...auth, authUrl } }).cloud.whoAmI()).toMatchObject({
        projectName: 'lab',
      })
    }
  })
})
