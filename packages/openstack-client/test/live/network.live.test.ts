import { afterAll, describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { lab, names, uniqueName } from './lab.js'

const cloud = lab()
const { network } = cloud
afterAll(() => cloud.close())

describe('Neutron', () => {
  it('has networks, subnets and quotas', async () => {
    const found = await network.networks.find(names.network)
    expect(found).toMatchObject({ name: names.network, isExternal: false })
    expect(await network.networks.find(uniqueName('none'))).toBeUndefined()
    const subnets = await collect(network.subnets.list({ networkId: found?.id }))
    expect(subnets.map(({ id }) => id).toSorted()).toEqual(found?.subnetIds.toSorted())
    expect((await network.quotas())['port']?.limit).toBeGreaterThan(0)
  })

  it('makes, finds, changes and removes a port in a security group', async () => {
    const name = uniqueName('net')
    const networkId = (await network.networks.find(names.network))?.id ?? ''
    const group = await network.securityGroups.create({ name, description: 'made by a test' })
    try {
      const rule = {
        securityGroupId: group.id,
        direction: 'ingress',
        protocol: 'tcp',
        portRangeMin: 80,
        portRangeMax: 80,
      } as const
      const made = await network.securityGroupRules.create(rule)
      await expect(network.securityGroupRules.create(rule)).rejects.toMatchObject({ code: 'conflict' })
      expect((await network.securityGroups.find(name))?.rules.map(({ id }) => id)).toContain(made.id)
      const port = await network.ports.create({ networkId, name, securityGroups: [group.id] })
      try {
        expect(port.fixedIps).toHaveLength(1)
        expect(await network.ports.find(name)).toMatchObject({ id: port.id, securityGroupIds: [group.id] })
        expect(await network.ports.update(port.id, { name: `${name}-2` })).toMatchObject({
          name: `${name}-2`,
        })
        await expect(network.securityGroups.delete(group.id)).rejects.toMatchObject({ code: 'conflict' })
        await network.ports.addTag(port.id, name)
        expect((await collect(network.ports.list({ tags: [name] }))).map(({ id }) => id)).toEqual([port.id])
        expect(await network.ports.removeTag(port.id, name)).toBe(true)
        expect(await network.ports.removeTag(port.id, name)).toBe(false)
        const pages = await collect(network.ports.list({ networkId, pageSize: 1 }))
        expect(pages.map(({ id }) => id)).toContain(port.id)
      } finally {
        expect(await network.ports.delete(port.id)).toBe(true)
      }
      expect(await network.ports.delete(port.id)).toBe(false)
    } finally {
      await network.securityGroups.delete(group.id)
    }
  })

  it('makes a private network with a way out, and takes it down', async () => {
    const name = uniqueName('routed')
    const description = 'made by a test'
    const external = (await network.networks.find(names.externalNetwork))?.id ?? ''
    const made = await network.networks.create({ name, description })
    try {
      const spec = { networkId: made.id, name, description, ipVersion: 4, cidr: '192.168.213.0/24' } as const
      const subnet = await network.subnets.create(spec)
      expect(await network.subnets.find(name)).toMatchObject({ description, cidr: spec.cidr })
      expect((await collect(network.networks.list({ description }))).map(({ id }) => id)).toContain(made.id)
      const router = await network.routers.create({
        name,
        description,
        externalGatewayInfo: { networkId: external },
      })
      try {
        expect(router).toMatchObject({ description, externalNetworkId: external })
        const portId = await network.routers.addSubnet(router.id, subnet.id)
        expect((await collect(network.ports.list({ deviceId: router.id }))).map(({ id }) => id)).toContain(
          portId,
        )
        await expect(network.routers.addSubnet(router.id, subnet.id)).rejects.toMatchObject({
          code: 'bad-request',
        })
        await expect(network.networks.delete(made.id)).rejects.toMatchObject({ code: 'conflict' })
        expect(await network.routers.removeSubnet(router.id, subnet.id)).toBe(true)
        expect(await network.routers.removeSubnet(router.id, subnet.id)).toBe(false)
      } finally {
        await network.routers.delete(router.id)
      }
    } finally {
      await network.networks.delete(made.id)
    }
  })

  it('takes and gives back a floating address', async () => {
    const networkId = (await network.networks.find(names.externalNetwork))?.id ?? ''
    const floating = await network.floatingIps.create({ networkId, description: 'made by a test' })
    try {
      expect(floating).toMatchObject({ networkId, portId: undefined })
      expect(await network.floatingIps.find(floating.address)).toMatchObject({ id: floating.id })
    } finally {
      expect(await network.floatingIps.delete(floating.id)).toBe(true)
    }
  })
})
