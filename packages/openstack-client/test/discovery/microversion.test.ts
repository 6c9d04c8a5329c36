import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareMicroversions, negotiate } from '../../src/discovery/microversion.js'
import { FakeCloud, recorded } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'

const version = fc.nat(120).map((minor) => `2.${minor + 1}`)
const common = { service: 'compute', what: 'do it' }

describe('microversions', () => {
  it('are compared as numbers', () => {
    expect(compareMicroversions('2.9', '2.10')).toBeLessThan(0)
    expect(compareMicroversions('2.93', '2.93')).toBe(0)
    expect(compareMicroversions('3.0', '2.99')).toBeGreaterThan(0)
    expect(() => compareMicroversions('latest', '2.1')).toThrow(/no microversion/)
  })

  it.each([
    ['2.1', '2.93', undefined, '2.96', undefined, '2.93'],
    ['2.1', '2.100', undefined, '2.96', undefined, '2.96'],
    ['2.1', '2.93', undefined, '2.96', '2.79', '2.79'],
    ['2.1', '2.93', '2.26', '2.96', undefined, '2.93'],
    ['2.1', '2.25', '2.26', '2.96', undefined, 'unsupported'],
    ['2.1', '2.93', '2.52', '2.96', '2.40', 'unsupported'],
    ['2.97', '2.100', undefined, '2.96', undefined, 'unsupported'],
  ])('offered %s-%s, known %s-%s, cap %s: %s', (from, to, min, max, cap, wanted) => {
    const run = (): string | undefined =>
      negotiate({ ...common, offered: { min: from, max: to }, known: { min, max }, cap })
    if (wanted === 'unsupported') expect(run).toThrow(/service offers/)
    else expect(run()).toBe(wanted)
  })

  it('where the service has none, are none; and what needs one is refused', () => {
    expect(
      negotiate({ ...common, offered: undefined, known: { max: '2.96' }, cap: undefined }),
    ).toBeUndefined()
    const needing = { ...common, offered: undefined, known: { min: '2.26', max: '2.96' }, cap: undefined }
    expect(() => negotiate(needing)).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })

  it('negotiated lie within what both sides know, and are the newest of those', () => {
    fc.assert(
      fc.property(
        version,
        version,
        version,
        version,
        fc.option(version, { nil: undefined }),
        (a, b, c, d, cap) => {
          const [from, to] = [a, b].toSorted(compareMicroversions) as [string, string]
          const [min, max] = [c, d].toSorted(compareMicroversions) as [string, string]
          const newest =
            [to, max, ...(cap === undefined ? [] : [cap])].toSorted(compareMicroversions)[0] ?? ''
          const isPossible = compareMicroversions(newest, from) >= 0 && compareMicroversions(newest, min) >= 0
          const run = (): string | undefined =>
            negotiate({ ...common, offered: { min: from, max: to }, known: { min, max }, cap })
          if (isPossible) expect(run()).toBe(newest)
          else expect(run).toThrow(expect.objectContaining({ code: 'unsupported' }))
        },
      ),
    )
  })

  it('go out in both headers, for Nova before 2.27 reads only the older', async () => {
    const { cloud, fake } = open(new FakeCloud().replay('GET', '/compute/v2.1/limits', 'limits'))
    await cloud.compute.limits()
    const { headers } = fake.requests.at(-1) ?? {}
    expect(headers?.get('openstack-api-version')).toBe('compute 2.93')
    expect(headers?.get('x-openstack-nova-api-version')).toBe('2.93')
  })

  it('are asked for once, however many calls go out at once', async () => {
    const { cloud, fake } = open(new FakeCloud().replay('GET', '/compute/v2.1/limits', 'limits'))
    await Promise.all([cloud.compute.limits(), cloud.compute.limits(), cloud.compute.limits()])
    await cloud.compute.limits()
    expect(fake.seen('/compute/v2.1/')).toHaveLength(1)
  })

  it('are asked for again when a service was exchanged for an older one', async () => {
    const fake = new FakeCloud()
      .replay('GET', '/compute/v2.1/limits', 'limits')
      .once('GET', '/compute/v2.1/limits', recorded('server-get-active-v296-406'))
    const { cloud } = open(fake)
    expect((await cloud.compute.limits()).instances.limit).toBe(2000)
    expect(fake.seen('/compute/v2.1/')).toHaveLength(2)
  })

  it('are not asked for over and over when the service goes on refusing', async () => {
    const fake = new FakeCloud().replay('GET', '/compute/v2.1/limits', 'server-get-active-v296-406')
    const { cloud } = open(fake)
    await expect(cloud.compute.limits()).rejects.toMatchObject({ code: 'unsupported', status: 406 })
    expect(fake.seen('/compute/v2.1/limits')).toHaveLength(2)
  })
})
