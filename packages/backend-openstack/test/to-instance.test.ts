import type { Server } from '@flotilla/openstack-client'
import { describe, expect, it } from 'vitest'
import type { OpenStackOptions } from '../src/options/options.js'
import { readOptions } from '../src/options/settings.js'
import { addressOf } from '../src/to-instance.js'

describe('the address', () => {
  const address = (
    network: string,
    host: string,
    version: 4 | 6 = 4,
    kind: 'fixed' | 'floating' = 'fixed',
  ) => ({
    network,
    address: host,
    version,
    kind,
    macAddress: undefined,
  })
  const addresses: Server['addresses'] = [
    address('back', '10.1.0.5'),
    address('net', 'fd00::5', 6),
    address('net', '10.0.0.5'),
    address('net', '172.16.0.5', 4, 'floating'),
  ]

  it.each<[Partial<OpenStackOptions>, string | undefined]>([
    [{}, '10.1.0.5'],
    [{ networks: ['net'] }, '10.0.0.5'],
    [{ networks: ['net'], address: { version: 6 } }, 'fd00::5'],
    [{ networks: ['net'], address: { kind: 'floating' } }, '172.16.0.5'],
    [{ networks: ['net'], floatingIpFrom: 'public' }, '172.16.0.5'],
    [{ networks: ['net'], floatingIpFrom: 'public', address: { kind: 'fixed' } }, '10.0.0.5'],
    [{ networks: ['back', 'net'], address: { network: 'net' } }, '10.0.0.5'],
    [{ address: { network: 'front' } }, undefined],
    [{ networks: ['back'], address: { kind: 'floating' } }, undefined],
    [{ networks: ['0f8e6d2c-0000-4000-8000-000000000000'] }, '10.1.0.5'],
    [{ port: undefined }, undefined],
  ])('with %j is %s', (options, host) => {
    const { template } = readOptions({ image: 'web', flavor: 'f', port: 80, ...options })
    expect(addressOf({ addresses }, template)?.host).toBe(host)
  })
})
