import { describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'

describe('Placement', () => {
  it('tells what there is and what is taken', async () => {
    const fake = new FakeCloud()
      .replay('GET', '/placement/resource_providers', 'placement-providers')
      .replay('GET', '/placement/resource_providers/p/inventories', 'placement-inventories')
      .replay('GET', '/placement/resource_providers/p/usages', 'placement-usages')
      .replay('GET', '/placement/allocation_candidates', 'placement-candidates')
    const { placement } = open(fake).cloud
    const providers = await collect(placement.resourceProviders({ resources: { VCPU: 1, MEMORY_MB: 512 } }))
    expect(providers.map(({ name }) => name)).toContain('fake1')
    expect(fake.requests.at(-1)?.url.searchParams.get('resources')).toBe('VCPU:1,MEMORY_MB:512')
    expect(fake.requests.at(-1)?.headers.get('openstack-api-version')).toBe('placement 1.39')
    expect(await placement.inventories('p')).toMatchObject({
      VCPU: { total: 2, reserved: 0, allocationRatio: 16, capacity: 32, maxUnit: 2 },
      MEMORY_MB: { capacity: 21_447 },
    })
    expect(await placement.usages('p')).toEqual({ VCPU: 0, MEMORY_MB: 0, DISK_GB: 0 })
    expect(await placement.candidateCount({ VCPU: 1 })).toBeGreaterThan(0)
  })

  it('is for admins', async () => {
    const fake = new FakeCloud().replay('GET', '/placement/resource_providers', 'placement-member-403')
    await expect(collect(open(fake).cloud.placement.resourceProviders())).rejects.toMatchObject({
      code: 'forbidden',
      service: 'placement',
      faultType: 'placement.undefined_code',
    })
  })
})
