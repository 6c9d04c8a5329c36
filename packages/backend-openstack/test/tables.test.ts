import type { Server } from '@flotilla/openstack-client'
import { describe, expect, it } from 'vitest'
import { belongingMark, ownTags, readLabel, readMark, writeLabel, type Label } from '../src/labels.js'
import type { OpenStackOptions } from '../src/options/options.js'
import { readOptions } from '../src/options/settings.js'
import { statusOf } from '../src/status.js'
import { addressOf } from '../src/to-instance.js'
import { emptiestZone } from '../src/room/emptiest-zone.js'

describe('a server of Nova', () => {
  const server = {
    status: 'ACTIVE',
    taskState: undefined,
    isDeleting: false,
    fault: undefined,
  }
  const fault = { code: 500, message: 'No valid host was found.', details: undefined, createdAt: 0 }

  it.each([
    [{ status: 'BUILD', taskState: 'spawning' }, 'pending', 'spawning'],
    [{ status: 'ACTIVE' }, 'running', undefined],
    [{ status: 'ACTIVE', taskState: 'deleting', isDeleting: true }, 'stopping', 'Nova is deleting it'],
    [{ status: 'REBOOT' }, 'running', 'it is being rebooted'],
    [{ status: 'VERIFY_RESIZE' }, 'running', 'Nova calls it VERIFY_RESIZE'],
    [{ status: 'PAUSED' }, 'paused', 'Nova calls it PAUSED'],
    [{ status: 'SHUTOFF' }, 'stopped', 'powered off'],
    [{ status: 'SHUTOFF', taskState: 'powering-on' }, 'pending', 'powering-on'],
    [{ status: 'SHELVED_OFFLOADED' }, 'stopped', 'shelved'],
    [{ status: 'SHELVED_OFFLOADED', taskState: 'spawning' }, 'pending', 'spawning'],
    [{ status: 'ERROR', fault }, 'failed', 'No valid host was found.'],
    [{ status: 'ERROR' }, 'failed', 'Nova shows no fault'],
    [{ status: 'RESCUE' }, 'running', 'it is in rescue mode'],
    [{ status: 'FLYING' }, 'unknown', 'Nova calls it FLYING'],
  ])('%j is %s', (facts, status, statusReason) => {
    const found = statusOf({ ...server, ...facts }, { buildMs: 1000, buildTimeoutMs: 1000 })
    expect([found.status, found.statusReason]).toEqual([status, statusReason])
  })
})

describe('a server that is longer in BUILD than it may', () => {
  it('has failed', () => {
    const server = { status: 'BUILD', taskState: 'spawning', isDeleting: false, fault: undefined }
    expect(statusOf(server, { buildMs: 1001, buildTimeoutMs: 1000 })).toEqual({
      status: 'failed',
      statusReason: 'still in BUILD after 1 s',
    })
  })
})

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

describe('marks', () => {
  const label: Label = {
    group: 'web',
    token: 'a1',
    templateHash: 'h',
    scope: 'blue',
    zone: 'az1',
    owns: ['port', 'floating-ip'],
    role: 'spare',
    madeAs: 'spare-1',
  }

  it.each([label, { ...label, scope: undefined, zone: undefined, owns: [], role: undefined, madeAs: 'a1' }])(
    'are read from the metadata as they were written: %j',
    (one) => {
      expect(readLabel(writeLabel(one))).toEqual(one)
    },
  )

  it('of nobody are none', () => {
    expect(readLabel({ 'flotilla.group': 'web' })).toBeUndefined()
  })

  it.each([
    [{ scope: undefined, group: 'web', token: 'a' }, 'flotilla.web.a'],
    [{ scope: 'blue', group: 'web', token: 'a' }, 'flotilla.blue.web.a'],
  ])('of %j are %s, and back', (owner, text) => {
    expect(belongingMark(owner)).toBe(text)
    expect(readMark(text)).toEqual(owner)
  })

  it.each([
    undefined,
    '',
    'web',
    'flotilla',
    'flotilla.web',
    'flotilla..a',
    'other.web.a',
    'flotilla.a.b.c.d',
  ])('are not read from %s', (text) => expect(readMark(text)).toBeUndefined())

  it('as tags are never longer than Nova takes, and of their token alone', () => {
    const tags = ['a', 'b'].map((last) => ownTags('x'.repeat(62) + last)[1] ?? '')
    expect(tags.every((tag) => tag.length <= 60)).toBe(true)
    expect(new Set(tags).size).toBe(2)
  })
})

describe('the zone', () => {
  it.each([
    [['a', 'b'], [], 'a'],
    [['a', 'b'], ['a'], 'b'],
    [['a', 'b'], ['a', 'b', 'b'], 'a'],
    [['b'], ['b', 'b'], 'b'],
    [[undefined], [undefined, 'a'], undefined],
  ])('of %j with %j is %s', (open, placed, expected) => {
    expect(
      emptiestZone(
        open,
        placed.map((zone) => ({ zone })),
      ),
    ).toBe(expected)
  })
})
