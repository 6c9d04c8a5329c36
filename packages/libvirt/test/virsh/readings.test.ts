import { describe, expect, it } from 'vitest'
import { flagOptions } from '../../src/virsh/flag-options.js'
import { readDiskErrors, readInterfaces } from '../../src/virsh/domain-readings.js'
import { colonValues, equalsValues, leadingNumber } from '../../src/virsh/key-values.js'
import { readLeases } from '../../src/virsh/network-commands.js'
import { readVolumes } from '../../src/virsh/pool-commands.js'
import { virshError } from '../../src/virsh/virsh-error.js'

/** As virsh 9.0.0 prints them with -q, LC_ALL=C and TZ=UTC. */
const leases = ` 2026-11-22 01:42:07   52:54:00:00:00:08   ipv4       10.211.56.100/24   web        01:52:54:00:00:00:08
 2026-11-22 01:42:08   52:54:00:00:00:09   ipv4       10.211.56.101/24   -          -
`
const addresses = ` vnet0      52:54:00:00:00:08    ipv4         10.211.56.100/24
 vnet0      52:54:00:00:00:08    ipv6         fd00::2/64
 lo         N/A                  N/A          N/A
`

describe('what virsh prints', () => {
  it('about disks that failed', () => {
    expect(readDiskErrors('vda: no space\nvdb: unspecified error\n')).toEqual([
      { disk: 'vda', error: 'no-space' },
      { disk: 'vdb', error: 'unspecified' },
    ])
    expect(readDiskErrors('No errors found\n')).toEqual([])
  })

  it('about leases', () => {
    const first = {
      interface: 'net',
      family: 'ipv4',
      mac: '52:54:00:00:00:08',
      address: '10.211.56.100',
      prefix: 24,
    }
    expect(readLeases(leases, 'net')).toEqual([
      { ...first, expiryTime: 1_795_311_727n, hostname: 'web', clientId: '01:52:54:00:00:00:08' },
      {
        ...first,
        expiryTime: 1_795_311_728n,
        mac: '52:54:00:00:00:09',
        address: '10.211.56.101',
        hostname: undefined,
        clientId: undefined,
      },
    ])
    expect(readLeases('\n', 'net')).toEqual([])
    expect(() => readLeases(' tomorrow   52:54:00:00:00:08   ipv4   1.2.3.4/8   -   -\n', 'net')).toThrow(
      expect.objectContaining({ kind: 'protocol' }),
    )
  })

  it('about addresses', () => {
    expect(readInterfaces(addresses)).toEqual([
      {
        name: 'vnet0',
        mac: '52:54:00:00:00:08',
        addresses: [
          { family: 'ipv4', address: '10.211.56.100', prefix: 24 },
          { family: 'ipv6', address: 'fd00::2', prefix: 64 },
        ],
      },
      { name: 'lo', mac: undefined, addresses: [] },
    ])
  })

  it('about volumes, also where names have blanks', () => {
    expect(readVolumes(' a b.img   /pool dir/a b.img\n c.img     /pool dir/c.img\n\n', 'p')).toEqual([
      { pool: 'p', name: 'a b.img', key: '/pool dir/a b.img' },
      { pool: 'p', name: 'c.img', key: '/pool dir/c.img' },
    ])
    expect(() => readVolumes('nonsense', 'p')).toThrow(expect.objectContaining({ kind: 'protocol' }))
  })

  it('as names and values', () => {
    expect([...colonValues('Name:  p: 1\nCPU(s):   2\n\n')]).toEqual([
      ['name', 'p: 1'],
      ['cpu(s)', '2'],
    ])
    expect([...equalsValues("Domain: 'x=y'\n  state.state=3\n  balloon.current=16\n")]).toEqual([
      ['state.state', '3'],
      ['balloon.current', '16'],
    ])
    expect([leadingNumber('16384 KiB'), leadingNumber('-'), leadingNumber(undefined)]).toEqual([
      16_384n,
      undefined,
      undefined,
    ])
  })

  it.each([
    ["failed to get domain 'x'", { kind: 'libvirt', code: 42, domain: 10 }],
    [
      "failed to get network 'x'\nerror: Network not found: no network with matching name 'x'",
      { code: 43, domain: 19 },
    ],
    ["failed to get pool 'x'\nerror: Storage pool not found: no storage pool", { code: 49, domain: 18 }],
    ["failed to get vol 'x'\nerror: Storage volume not found: no storage vol", { code: 50, domain: 18 }],
    ["Failed to create vol\nerror: storage volume 'v' exists already", { code: 90, domain: 18 }],
    ["operation failed: domain 'x' already exists with uuid 1", { code: 9, domain: 20 }],
    ['Requested operation is not valid: domain is already running', { code: 55, domain: 10 }],
    ['Requested operation is not valid: domain is not running', { code: 55, domain: 20 }],
    ["Requested operation is not valid: network 'default' is not active", { code: 55, domain: 19 }],
    ['metadata not found: Requested metadata element is not present', { code: 80, domain: 20 }],
    ['operation forbidden: read only access prevents virDomainDefineXML', { code: 29, domain: 20 }],
    ["Cannot access backing file '/g' of storage file '/o'", { code: 38, domain: 18 }],
    ['(domain_definition):1: Premature end of data', { code: 35, domain: 20 }],
    ['internal error: qemu unexpectedly closed the monitor', { code: 1, domain: undefined }],
    ['something new', { kind: 'libvirt', code: undefined }],
    [
      "failed to connect to the hypervisor\nerror: Failed to connect socket to '/n'",
      { kind: 'connection', code: undefined },
    ],
    ['Disconnected from qemu:///system due to end of file', { kind: 'connection' }],
    ['failed to connect to the hypervisor\nerror: authentication failed: no', { kind: 'authentication' }],
  ])('as the error %j', (stderr, expected) => {
    expect(virshError('start', `error: ${stderr}\n`)).toMatchObject(expected)
  })

  it('keeps its words', () => {
    expect(
      virshError('start', "error: Failed to start domain 'x'\nerror: internal error: no\n\n").message,
    ).toBe("virsh start: Failed to start domain 'x': internal error: no")
  })
})

describe('flags', () => {
  it('become options, and none is dropped', () => {
    const names = { 1: '--a', 4: '--c' }
    expect(flagOptions('x', 0, names)).toEqual([])
    expect(flagOptions('x', 5, names)).toEqual(['--a', '--c'])
    expect(() => flagOptions('domainDestroyFlags', 3, names)).toThrow(
      expect.objectContaining({
        kind: 'unsupported',
        message: expect.stringContaining('domainDestroyFlags') as string,
      }),
    )
  })
})
