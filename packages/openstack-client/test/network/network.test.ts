import { describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'

const at = '/network/v2.0'
const project = 'bddb5653a2fb4a4a8a3d26a28a82e129'

describe('Neutron', () => {
  it('lists networks and finds one by name', async () => {
    const { cloud, fake } = open(new FakeCloud().replay('GET', `${at}/networks`, 'networks-list'))
    const { networks } = cloud.network
    expect(await networks.find('lab-net')).toMatchObject({
      isShared: true,
      isExternal: false,
      mtu: 1500,
      status: 'ACTIVE',
    })
    expect(fake.requests.at(-1)?.url.search).toBe('?name=lab-net')
    expect((await collect(networks.list({ external: true }))).map(({ name }) => name)).toContain('public')
    expect(fake.requests.at(-1)?.url.searchParams.get('router:external')).toBe('true')
    expect(await networks.find('nope')).toBeUndefined()
  })

  it('lists subnets', async () => {
    const { cloud } = open(new FakeCloud().replay('GET', `${at}/subnets`, 'subnets-list'))
    const subnets = await collect(cloud.network.subnets.list())
    expect(subnets).toContainEqual(
      expect.objectContaining({
        name: 'lab-net-v4',
        ipVersion: 4,
        cidr: '10.78.0.0/16',
        description: undefined,
      }),
    )
  })

  it('lists the ports of servers', async () => {
    const { cloud, fake } = open(new FakeCloud().replay('GET', `${at}/ports`, 'ports-by-device'))
    const [port] = await collect(
      cloud.network.ports.list({ deviceId: ['s1', 's2'], tags: ['a', 'b'], pageSize: 50 }),
    )
    expect(port).toMatchObject({
      deviceId: 'fcd843b7-9dda-4ee8-9fec-294062f44049',
      deviceOwner: 'compute:az1',
      fixedIps: [{ subnetId: '60f3d23b-502e-4235-bbf5-29155dfde925', ipAddress: '10.78.2.195' }],
      securityGroupIds: ['4efaeb25-cbd7-48e7-a608-e27fe61b34bb'],
    })
    expect(fake.requests.at(-1)?.url.search).toBe('?device_id=s1&device_id=s2&tags=a%2Cb&limit=50')
  })

  it('makes a port, and says which quota is full', async () => {
    const fake = new FakeCloud().on('POST', `${at}/ports`, {
      status: 201,
      body: { port: { id: 'p', network_id: 'n' } },
    })
    const { ports } = open(fake).cloud.network
    const spec = { networkId: 'n', name: 'web', fixedIps: [{ subnetId: 's' }], securityGroups: ['g'] }
    expect(await ports.create(spec)).toMatchObject({ id: 'p', networkId: 'n' })
    expect(fake.requests.at(-1)?.json).toEqual({
      port: { network_id: 'n', name: 'web', fixed_ips: [{ subnet_id: 's' }], security_groups: ['g'] },
    })
    fake.replay('POST', `${at}/ports`, 'quota-ports-neutron-409')
    await expect(ports.create(spec)).rejects.toMatchObject({
      code: 'quota',
      status: 409,
      faultType: 'OverQuota',
    })
  })

  it('makes security groups and rules', async () => {
    const rule = {
      id: 'r',
      security_group_id: 'g',
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: 'tcp',
      port_range_min: 80,
      port_range_max: 80,
    }
    const fake = new FakeCloud()
      .replay('GET', `${at}/security-groups`, 'security-groups-list')
      .on('POST', `${at}/security-groups`, {
        status: 201,
        body: { security_group: { id: 'g', name: 'web' } },
      })
      .on('POST', `${at}/security-group-rules`, { status: 201, body: { security_group_rule: rule } })
      .on('DELETE', `${at}/security-group-rules/r`, { status: 204 })
    const { securityGroups, securityGroupRules } = open(fake).cloud.network
    const found = await securityGroups.find('default')
    expect(found?.rules[0]).toMatchObject({ direction: 'ingress', etherType: 'IPv4', protocol: undefined })
    expect(await securityGroups.create({ name: 'web' })).toMatchObject({ id: 'g' })
    const made = await securityGroupRules.create({
      securityGroupId: 'g',
      direction: 'ingress',
      etherType: 'IPv4',
      protocol: 'tcp',
      portRangeMin: 80,
      portRangeMax: 80,
    })
    expect(made).toMatchObject({ id: 'r', portRangeMin: 80 })
    const { id: _, ...asked } = rule
    expect(fake.requests.at(-1)?.json).toEqual({ security_group_rule: asked })
    expect(await securityGroupRules.delete('r')).toBe(true)
    expect(await securityGroupRules.delete('gone')).toBe(false)
  })

  it('makes a router, joins a subnet to it and takes it away', async () => {
    const router = {
      id: 'r',
      name: 'way-out',
      description: 'made by a test',
      external_gateway_info: {
        network_id: 'ext',
        external_fixed_ips: [{ subnet_id: 'e', ip_address: '198.51.100.9' }],
      },
    }
    const fake = new FakeCloud()
      .on('POST', `${at}/routers`, { status: 201, body: { router } })
      .on('PUT', `${at}/routers/r/add_router_interface`, { status: 200, body: { port_id: 'p' } })
      .on('PUT', `${at}/routers/r/remove_router_interface`, { status: 200, body: { port_id: 'p' } })
    const { routers } = open(fake).cloud.network
    const spec = { name: 'way-out', externalGatewayInfo: { networkId: 'ext' } }
    expect(await routers.create(spec)).toMatchObject({
      id: 'r',
      description: 'made by a test',
      externalNetworkId: 'ext',
      externalAddresses: ['198.51.100.9'],
    })
    expect(fake.requests.at(-1)?.json).toEqual({
      router: { name: 'way-out', external_gateway_info: { network_id: 'ext' } },
    })
    expect(await routers.addSubnet('r', 's')).toBe('p')
    expect(fake.requests.at(-1)?.json).toEqual({ subnet_id: 's' })
    expect(await routers.removeSubnet('r', 's')).toBe(true)
    expect(await routers.removeSubnet('gone', 's')).toBe(false)
  })

  it('asks once only to join a subnet: the second time would be refused', async () => {
    const fake = new FakeCloud().on('PUT', `${at}/routers/r/add_router_interface`, { status: 503 })
    await expect(open(fake).cloud.network.routers.addSubnet('r', 's')).rejects.toMatchObject({
      code: 'unavailable',
      maybeDone: true,
    })
    expect(fake.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
  })

  it('takes a floating address, leads it and gives it back', async () => {
    const floatingip = {
      id: 'f',
      floating_ip_address: '198.51.100.7',
      floating_network_id: 'ext',
      port_id: null,
    }
    const fake = new FakeCloud()
      .on('POST', `${at}/floatingips`, { status: 201, body: { floatingip } })
      .on('PUT', `${at}/floatingips/f`, {
        status: 200,
        body: { floatingip: { ...floatingip, port_id: 'p' } },
      })
      .on('GET', `${at}/floatingips`, { status: 200, body: { floatingips: [floatingip] } })
      .on('DELETE', `${at}/floatingips/f`, { status: 204 })
    const { floatingIps } = open(fake).cloud.network
    expect(await floatingIps.create({ networkId: 'ext' })).toMatchObject({
      address: '198.51.100.7',
      portId: undefined,
    })
    expect(fake.requests.at(-1)?.json).toEqual({ floatingip: { floating_network_id: 'ext' } })
    expect(await floatingIps.update('f', { portId: 'p' })).toMatchObject({ portId: 'p' })
    await floatingIps.update('f', { portId: null })
    expect(fake.requests.at(-1)?.json).toEqual({ floatingip: { port_id: null } })
    expect(await floatingIps.find('198.51.100.7')).toMatchObject({ id: 'f' })
    expect(fake.requests.at(-1)?.url.search).toBe('?floating_ip_address=198.51.100.7')
    expect(await floatingIps.delete('f')).toBe(true)
  })

  it('gives tags and takes them away', async () => {
    const fake = new FakeCloud()
      .on('PUT', `${at}/ports/p/tags/a%3Ab`, { status: 201 })
      .on('PUT', `${at}/ports/p/tags`, { status: 200, body: { tags: ['x'] } })
      .on('DELETE', `${at}/ports/p/tags/a%3Ab`, { status: 204 })
    const { ports } = open(fake).cloud.network
    await ports.addTag('p', 'a:b')
    expect(await ports.removeTag('p', 'a:b')).toBe(true)
    expect(await ports.removeTag('p', 'gone')).toBe(false)
    await ports.replaceTags('p', ['x'])
    expect(fake.requests.at(-1)?.json).toEqual({ tags: ['x'] })
  })

  it('tells the quotas of the token’s own project, and the addresses left', async () => {
    const fake = new FakeCloud()
      .replay('GET', `${at}/quotas/${project}/details.json`, 'network-quota')
      .replay('GET', `${at}/network-ip-availabilities`, 'network-ip-availability')
    const { network } = open(fake).cloud
    expect(await network.quotas()).toMatchObject({
      port: { limit: 5000, used: 0, reserved: 0 },
      subnetpool: { limit: Infinity },
    })
    expect(await network.ipAvailability()).toContainEqual({
      networkId: 'f58582e1-6a0a-43cb-b47d-77f8a1855004',
      usedCount: 0,
      totalCount: 16_127,
    })
  })

  it('cannot tell the quotas of no project', async () => {
    const fake = new FakeCloud()
    const token = { expires_at: '2099-01-01T00:00:00Z', catalog: [] }
    fake.on('POST', '/identity/v3/auth/tokens', {
      status: 201,
      headers: { 'x-subject-token': 't1' },
      body: { token },
    })
    await expect(open(fake).cloud.network.quotas()).rejects.toMatchObject({ code: 'invalid-options' })
  })
})
