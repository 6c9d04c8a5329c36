import { describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { FakeCloud, recorded } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'
import { fixture } from '../kit/fixture.js'

describe('the rest of Nova', () => {
  it('lists flavours, and finds one by its id before its name', async () => {
    const { cloud } = open(new FakeCloud().replay('GET', '/compute/v2.1/flavors/detail', 'flavors-detail'))
    const { flavors } = cloud.compute
    expect(await flavors.find('m1.small')).toMatchObject({
      id: '2',
      vcpuCount: 1,
      ramMib: 2048,
      diskGib: 10,
      swapMib: 0,
    })
    expect(await flavors.find('2')).toMatchObject({ name: 'm1.small' })
    expect(await flavors.find('nope')).toBeUndefined()
  })

  it('reads flavours at 2.1 too', async () => {
    const { cloud } = open(
      new FakeCloud().replay('GET', '/compute/v2.1/flavors/detail', 'flavors-detail-v21'),
    )
    expect(await cloud.compute.flavors.find('m1.tiny')).toMatchObject({ swapMib: 0, extraSpecs: undefined })
  })

  it('makes groups, in the form that the microversion wants', async () => {
    const groups = '/compute/v2.1/os-server-groups'
    const now = open(new FakeCloud().replay('POST', groups, 'group-create-200'))
    const spec = { name: 'spread', policy: 'anti-affinity' } as const
    const group = await now.cloud.compute.serverGroups.create({ ...spec, maxServersPerHost: 1 })
    expect(group).toMatchObject({ policy: 'anti-affinity', maxServersPerHost: 1, memberIds: [] })
    expect(now.fake.requests.at(-1)?.json).toEqual(fixture('group-create-200').request.body)
    const old = open(new FakeCloud().replay('POST', groups, 'group-create-v21-200'), {
      microversions: { compute: '2.1' },
    })
    expect(await old.cloud.compute.serverGroups.create({ ...spec, name: 'old' })).toMatchObject({
      policy: 'anti-affinity',
    })
    expect(old.fake.requests.at(-1)?.json).toEqual(fixture('group-create-v21-200').request.body)
    const soft = old.cloud.compute.serverGroups.create({ name: 'soft', policy: 'soft-anti-affinity' })
    await expect(soft).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('tells limits, quotas and zones', async () => {
    const project = 'bddb5653a2fb4a4a8a3d26a28a82e129'
    const fake = new FakeCloud()
      .replay('GET', '/compute/v2.1/limits', 'limits')
      .replay('GET', `/compute/v2.1/os-quota-sets/${project}/detail`, 'quota-detail')
      .replay('GET', '/compute/v2.1/os-availability-zone', 'availability-zones')
    const { compute } = open(fake).cloud
    expect(await compute.limits()).toMatchObject({
      instances: { limit: 2000, used: 0 },
      cores: { limit: 20_000, used: 0 },
    })
    expect(await compute.quotas(project)).toMatchObject({ instances: { limit: 2000, used: 0, reserved: 0 } })
    expect(await compute.availabilityZones()).toContainEqual({ name: 'az1', isAvailable: true })
  })

  it('treats no limit as infinite', async () => {
    const body = { limits: { absolute: { maxTotalInstances: -1, totalInstancesUsed: 4 } } }
    const { cloud } = open(new FakeCloud().on('GET', '/compute/v2.1/limits', { status: 200, body }))
    expect((await cloud.compute.limits()).instances).toEqual({ limit: Infinity, used: 4 })
  })

  it('takes over a public key, lists and deletes it', async () => {
    const keypair = { name: 'k', fingerprint: 'aa:bb', public_key: 'ssh-ed25519 AAAA', type: 'ssh' }
    const fake = new FakeCloud()
      .on('POST', '/compute/v2.1/os-keypairs', { status: 201, body: { keypair } })
      .on('GET', '/compute/v2.1/os-keypairs', { status: 200, body: { keypairs: [{ keypair }] } })
      .on('GET', '/compute/v2.1/os-keypairs/k', { status: 200, body: { keypair } })
      .on('DELETE', '/compute/v2.1/os-keypairs/k', { status: 204 })
    const { keypairs } = open(fake).cloud.compute
    expect(await keypairs.create({ name: 'k', publicKey: 'ssh-ed25519 AAAA' })).toMatchObject({ name: 'k' })
    expect(await collect(keypairs.list())).toHaveLength(1)
    expect(await keypairs.find('k')).toMatchObject({ fingerprint: 'aa:bb' })
    expect(await keypairs.find('other')).toBeUndefined()
    expect(await keypairs.delete('k')).toBe(true)
    expect(await keypairs.delete('other')).toBe(false)
  })

  it('knows what the cloud supports', async () => {
    const { compute } = open().cloud
    expect(await compute.microversions()).toEqual({ min: '2.1', max: '2.93' })
    expect(await compute.supports('2.52')).toBe(true)
    expect(await compute.supports('2.94')).toBe(false)
    expect(
      await open(new FakeCloud(), { microversions: { compute: '2.40' } }).cloud.compute.supports('2.52'),
    ).toBe(false)
    const none = open(new FakeCloud().on('GET', '/compute/v2.1/', recorded('err-not-found-route-404'))).cloud
      .compute
    expect(await none.supports('2.26')).toBe(false)
  })
})
