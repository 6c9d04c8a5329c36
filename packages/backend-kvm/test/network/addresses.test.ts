import type { NetworkLease } from '@flotilla/libvirt'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { freshLease } from '../../src/network/addresses.js'
import { libvirtError } from '../fakes/fake-errors.js'
import { FakeHypervisor } from '../fakes/fake-hypervisor.js'
import { forever } from '../helpers.js'
import { fakeKvm, leftoversOf } from '../kvm-kit.js'

const lease = (mac: string, address: string, expiry: number): NetworkLease => ({
  interface: 'virbr0',
  expiryTime: BigInt(expiry),
  family: 'ipv4',
  mac,
  address,
  prefix: 24,
})

describe('a fresh lease', () => {
  const rows: readonly (readonly [
    name: string,
    leases: readonly NetworkLease[],
    stale: string | undefined,
    address: string | undefined,
  ])[] = [
    ['is the one of its MAC', [lease('b', '10.0.0.3', 5), lease('a', '10.0.0.2', 5)], undefined, '10.0.0.2'],
    ['is not the one that its MAC had before the start', [lease('a', '10.0.0.2', 5)], '5', undefined],
    ['is that one again once it was renewed', [lease('a', '10.0.0.2', 6)], '5', '10.0.0.2'],
    [
      'is the latest of several',
      [lease('a', '10.0.0.2', 5), lease('a', '10.0.0.9', 7)],
      undefined,
      '10.0.0.9',
    ],
    [
      'is one without end before one with',
      [lease('a', '10.0.0.2', 0), lease('a', '10.0.0.9', 7)],
      undefined,
      '10.0.0.2',
    ],
    ['is there whatever case its MAC is written in', [lease('A', '10.0.0.2', 5)], undefined, '10.0.0.2'],
    ['is never one of IPv6', [{ ...lease('a', 'fe80::1', 5), family: 'ipv6' }], undefined, undefined],
    ['is none where there is none', [], undefined, undefined],
  ]
  for (const [name, leases, stale, address] of rows) {
    it(`one that ${name}`, () => {
      expect(freshLease(leases, 'a', stale)?.address).toBe(address)
    })
  }
})

describe('an address', () => {
  it('by lease comes when the guest has asked for it, one call for all machines', async () => {
    const fake = new FakeHypervisor()
    fake.network.givesLeases = false
    const backend = fakeKvm(fake)
    const launched = await backend.launch({ group: 'web', token: 't1' }, { signal: forever() })
    await backend.launch({ group: 'web', token: 't2' }, { signal: forever() })
    expect(launched.address).toBeUndefined()
    for (const { cards } of fake.domains.values())
      fake.network.addLease(cards[0]?.mac ?? '', '192.168.122.77', 1)
    const again = fakeKvm(fake)
    const before = fake.count('networkGetDhcpLeases')
    const listed = await again.list('web', { signal: forever() })
    const address = { host: '192.168.122.77', port: 8080 }
    expect(listed.map((one) => one.address)).toEqual([address, address])
    expect(fake.count('networkGetDhcpLeases')).toBe(before + 1)
  })

  it('is none for a machine that does not run', async () => {
    const fake = new FakeHypervisor()
    const backend = fakeKvm(fake)
    const { id } = await backend.launch({ group: 'web', token: 't1' }, { signal: forever() })
    const [running] = await fakeKvm(fake).list('web', { signal: forever() })
    expect(running?.address).toEqual({ host: '192.168.122.3', port: 8080 })
    fake.crash(id)
    const [listed] = await fakeKvm(fake).list('web', { signal: forever() })
    expect(listed?.status).toBe('failed')
    expect(listed?.address).toBeUndefined()
  })

  it('once known is kept while its network cannot be asked', async () => {
    const fake = new FakeHypervisor()
    const clock = new FakeClock()
    const backend = fakeKvm(fake, { clock })
    await clock.runUntil(backend.launch({ group: 'web', token: 't1' }, { signal: forever() }))
    const addressNow = async (): Promise<string | undefined> => {
      await clock.advance(1000)
      return (await clock.runUntil(backend.list('web', { signal: forever() })))[0]?.address?.host
    }
    const known = await addressNow()
    expect(known).toBe('192.168.122.3')
    fake.arm('networkGetDhcpLeases', { kind: 'fail', error: libvirtError(55, 19, 'network is not active') })
    expect(await addressNow()).toBe(known)
    fake.network.leases = []
    expect(await addressNow()).toBeUndefined()
  })

  it('by host entry is known before the guest boots, is each machine’s own, and is given back', async () => {
    const fake = new FakeHypervisor()
    fake.network.givesLeases = false
    fake.network.entries.push({ mac: 'x', ip: '192.168.122.200', name: 'strangers' })
    fake.network.addLease('y', '192.168.122.201', 9e9)
    const backend = fakeKvm(fake, {
      options: { address: { from: '192.168.122.200', to: '192.168.122.203' } },
    })
    const launch = async (token: string): ReturnType<typeof backend.launch> =>
      backend.launch({ group: 'web', token }, { signal: forever() })
    const [one, two] = await Promise.all([launch('t1'), launch('t2')])
    const hosts = [one.address?.host, two.address?.host].toSorted((a = '', b = '') => a.localeCompare(b))
    expect(hosts).toEqual(['192.168.122.202', '192.168.122.203'])
    await expect(launch('t3')).rejects.toMatchObject({ code: 'no-capacity' })
    await backend.terminate('web', [one.id, two.id], { signal: forever() })
    expect(leftoversOf(fake)).toEqual(['host entry strangers'])
  })

  it('by host entry is another one when somebody else is faster', async () => {
    const fake = new FakeHypervisor()
    const taken = "there is an existing dhcp host entry in network 'default' that matches"
    fake.arm('networkUpdate', { kind: 'fail', error: libvirtError(55, 19, taken) })
    const backend = fakeKvm(fake, {
      options: { address: { from: '192.168.122.200', to: '192.168.122.203' } },
    })
    const { address } = await backend.launch({ group: 'web', token: 't1' }, { signal: forever() })
    expect(address?.host).toBe('192.168.122.200')
  })

  it('by host entry is refused on a network without DHCP, and nothing is left', async () => {
    const fake = new FakeHypervisor()
    fake.network.hasDhcp = false
    const backend = fakeKvm(fake, {
      options: { address: { from: '192.168.122.200', to: '192.168.122.203' } },
    })
    const launching = backend.launch({ group: 'web', token: 't1' }, { signal: forever() })
    await expect(launching).rejects.toMatchObject({ code: 'invalid-template' })
    expect(leftoversOf(fake)).toEqual([])
  })

  it('by the agent is asked for once, and an agent that hangs does not hold up the list', async () => {
    const fake = new FakeHypervisor()
    const clock = new FakeClock()
    const backend = fakeKvm(fake, { clock, options: { address: 'agent' } })
    fake.arm('domainInterfaceAddresses', { kind: 'hang' })
    const launching = backend.launch({ group: 'web', token: 't1' }, { signal: forever() })
    expect((await clock.runUntil(launching)).address).toBeUndefined()
    const list = async (): ReturnType<typeof backend.list> =>
      clock.runUntil(backend.list('web', { signal: forever() }))
    expect((await list())[0]?.address).toBeUndefined()
    for (let round = 0; round < 3; round += 1) expect((await list())[0]?.address?.port).toBe(8080)
    expect(fake.count('domainInterfaceAddresses')).toBe(2)
  })
})
