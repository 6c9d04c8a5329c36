import { describe, expect, it } from 'vitest'
import { discover } from '../../src/discovery/discover.js'
import { FakeCloud, recorded } from '../fake-cloud/fake-cloud.js'
import { auth, open } from '../fake-cloud/open.js'
import { fixture } from '../kit/fixture.js'

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
