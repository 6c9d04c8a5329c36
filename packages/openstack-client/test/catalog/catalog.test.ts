import { describe, expect, it } from 'vitest'
import { endpointOf, readCatalog } from '../../src/catalog/catalog.js'
import { fillIn, overrideOf } from '../../src/catalog/endpoint-override.js'
import { namesOfService, officialType } from '../../src/catalog/service-types.js'
import { Fields } from '../../src/resources/fields.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'
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
