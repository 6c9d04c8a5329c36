import { FlotillaError } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { kvm } from '../src/backend.js'
import { kvmHost } from '../src/host/open-host.js'
import { readOptions } from '../src/options.js'
import type { KvmOptions } from '../src/options/kvm-options.js'

const golden = { pool: 'default', volume: 'golden.qcow2' } as const

function refusal(options: unknown): FlotillaError {
  try {
    readOptions(options as KvmOptions)
  } catch (error) {
    if (error instanceof FlotillaError) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('kvm', () => {
  it('fills in every default', () => {
    expect(readOptions({ golden })).toMatchObject({
      uris: ['qemu:///system'],
      scope: 'flotilla',
      shutdownMs: 10_000,
      parallel: 8,
      template: {
        storage: { kind: 'pool', pool: 'default' },
        domainType: 'kvm',
        vcpus: 1,
        memoryMib: 512,
        networks: ['default'],
        address: 'lease',
        firmware: 'bios',
        agent: false,
      },
      warm: { size: 0, kind: 'paused', maxAgeMs: 1_800_000 },
      placement: { strategy: 'spread', clonesInFlight: 4, reserveMemoryMib: 256 },
    })
  })

  it('keeps a warm machine longer where no lease can run out', () => {
    const { warm } = readOptions({ golden, address: { from: '10.0.0.2', to: '10.0.0.9' } })
    expect(warm.maxAgeMs).toBe(86_400_000)
  })

  it('adds the channel that an address by the agent needs', () => {
    expect(readOptions({ golden, address: 'agent' }).template.agent).toBe(true)
  })

  const refused: readonly (readonly [name: string, options: object, field: string])[] = [
    ['no golden image', {}, 'golden'],
    ['a golden image that is a path, and no place for clones', { golden: { path: '/a.qcow2' } }, 'pool'],
    ['a relative path', { golden: { path: 'a.qcow2' }, pool: 'p' }, 'golden.path'],
    ['a path with .. in it', { golden: { path: '/a/../b' }, pool: 'p' }, 'golden.path'],
    ['a volume with a slash', { golden: { pool: 'p', volume: '../golden' } }, 'golden'],
    ['a network with markup', { golden, networks: ["x'/><evil/>"] }, 'networks.0'],
    ['a bridge that is a path', { golden, networks: [{ bridge: '../br0' }] }, 'networks.0'],
    ['leases of a bridge', { golden, port: 80, networks: [{ bridge: 'br0' }] }, 'address'],
    [
      'host entries of a bridge',
      { golden, address: { from: '10.0.0.2', to: '10.0.0.3' }, networks: [{ bridge: 'br0' }] },
      'address',
    ],
    ['a range that runs backwards', { golden, address: { from: '10.0.0.9', to: '10.0.0.2' } }, 'address'],
    ['a range without end', { golden, address: { from: '10.0.0.0', to: '10.9.0.0' } }, 'address'],
    ['an address without a network', { golden, networks: [], address: 'agent' }, 'networks'],
    ['uri and uris', { golden, uri: 'qemu:///system', uris: ['qemu:///session'] }, 'uris'],
    ['one hypervisor twice', { golden, uris: ['qemu:///system', 'qemu:///system'] }, 'uris'],
    ['a URI with a password', { golden, uri: 'qemu+ssh://me:secret@host/system' }, 'uri'],
    ['pool and directory', { golden, pool: 'p', directory: '/d' }, 'directory'],
    ['hosts that are none of ours', { golden, hosts: [{}] }, 'hosts.0'],
    ['no vcpus', { golden, vcpus: 0 }, 'vcpus'],
    ['a port past the last', { golden, port: 65_536 }, 'port'],
    ['a scope that is no name', { golden, scope: 'Flotilla' }, 'scope'],
    ['a scope that begins with a digit', { golden, scope: '1st' }, 'scope'],
    ['a machine type with markup', { golden, machine: "q35'><x" }, 'machine'],
    ['an unknown option', { golden, flavour: 'm1' }, 'flavour'],
    ['a warm pool of half a machine', { golden, warmPool: { size: 0.5 } }, 'warmPool.size'],
  ]
  for (const [name, options, field] of refused) {
    it(`refuses ${name}, and says which field it is`, () => {
      const error = refusal(options)
      expect(error.code).toBe('invalid-options')
      expect(error.field).toMatch(new RegExp(`^${field.split('.')[0]}`))
      expect(error.message).toMatch(/^kvm: \S+ must be /)
    })
  }

  it('never shows what was given for cloud-init', () => {
    const error = refusal({ golden, cloudInit: { userData: 7, password: 'hunter2' } })
    expect(error.field).toBe('cloudInit')
    expect(JSON.stringify(error) + error.message).not.toContain('hunter2')
  })

  it('never shows the password of a URI', () => {
    expect(refusal({ golden, uri: 'qemu+ssh://me:hunter2@host/system' }).message).not.toContain('hunter2')
  })

  it('takes connections of its own making, and refuses to give them another way to connect', () => {
    const host = kvmHost({ connect: async () => Promise.reject(new Error('not asked')) })
    expect(kvm({ golden, hosts: [host] }).name).toBe('kvm default/golden.qcow2')
    expect(() =>
      kvm({ golden, hosts: [host], connect: async () => Promise.reject(new Error('no')) }),
    ).toThrow(/kvmHost/)
  })

  it('has another template hash as soon as the template differs, and the same for what does not make a machine', () => {
    const hash = (options: Partial<KvmOptions>): string => kvm({ golden, ...options }).templateHash
    expect(hash({ vcpus: 1, shutdownMs: 5, parallel: 2 })).toBe(hash({}))
    const others: readonly Partial<KvmOptions>[] = [
      { vcpus: 2 },
      { memoryMib: 1024 },
      { golden: { pool: 'default', volume: 'golden-2.qcow2' } },
      { cloudInit: { userData: '#cloud-config\n' } },
      { xml: (xml) => xml },
    ]
    const hashes = others.map((options) => hash(options))
    expect(new Set([...hashes, hash({})]).size).toBe(others.length + 1)
  })
})
