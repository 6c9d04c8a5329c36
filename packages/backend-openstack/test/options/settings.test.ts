import { FlotillaError } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { openstackCloud } from '../../src/connection/connection.js'
import { openstack } from '../../src/backend.js'
import { octavia } from '../../src/octavia/octavia.js'
import { readOptions } from '../../src/options/settings.js'

const least = { image: 'web', flavor: 'm1.tiny' }

const thrown = (work: () => unknown): FlotillaError => {
  try {
    work()
  } catch (error) {
    if (error instanceof FlotillaError) return error
    throw error
  }
  throw new Error('it should throw')
}

describe('options', () => {
  it.each([
    ['image', { flavor: 'f' }],
    ['flavor', { image: 'web' }],
    ['flavour', { ...least, flavour: 'f' }],
    ['image', { ...least, image: '' }],
    ['image.oldest', { ...least, image: { oldest: {} } }],
    ['image.newest', { ...least, image: { newest: {} } }],
    ['image.newest', { ...least, image: { newest: { tags: [] } } }],
    ['networks.0', { ...least, networks: [7] }],
    ['networks', { ...least, floatingIpFrom: 'public' }],
    ['port', { ...least, port: 0 }],
    ['port', { ...least, port: 80, networks: [] }],
    ['address.version', { ...least, address: { version: 5 } }],
    ['address.version', { ...least, address: { kind: 'floating', version: 6 } }],
    ['userData', { ...least, userData: 'x'.repeat(49_150) }],
    ['userData', { ...least, userData: 7 }],
    ['zones', { ...least, zones: ['a', 'a'] }],
    ['bootVolume.sizeGib', { ...least, bootVolume: { sizeGib: 0 } }],
    ['metadata.flotilla.group', { ...least, metadata: { 'flotilla.group': 'x' } }],
    ['metadata.a', { ...least, metadata: { a: 'x'.repeat(256) } }],
    ['tags.0', { ...least, tags: ['a,b'] }],
    ['tags.0', { ...least, tags: ['flotilla'] }],
    ['scope', { ...least, scope: 'A.B' }],
    ['usage', { ...least, usage: 'gnocchi' }],
    ['pauseMs', { ...least, pauseMs: -1 }],
    ['parallel', { ...least, parallel: 0 }],
    ['warmPool.kind', { ...least, warmPool: { size: 1, kind: 'frozen' } }],
    ['cloud', { ...least, cloud: 7 }],
  ])('refuse %s in %j, naming it', (field, options) => {
    expect(thrown(() => readOptions(options as never))).toMatchObject({ code: 'invalid-options', field })
  })

  it('show no user data that they refuse', () => {
    const error = thrown(() => readOptions({ ...least, userData: 'hunter2'.repeat(10_000) }))
    expect(JSON.stringify([error.message, error])).not.toContain('hunter2')
  })

  it('fill in every default', () => {
    expect(readOptions(least)).toMatchObject({
      zones: [],
      usage: 'none',
      checkQuota: true,
      pauseMs: 60_000,
      buildTimeoutMs: 600_000,
      terminateTimeoutMs: 180_000,
      lookTimeoutMs: 15_000,
      parallel: 8,
      warmPool: undefined,
      template: { networks: [], address: {}, securityGroups: [], tags: [] },
    })
  })

  it('make the port of the first network ours for a floating address', () => {
    const { template } = readOptions({ ...least, networks: ['a', 'b'], floatingIpFrom: 'public' })
    expect(template.networks.map(({ isOwnPort }) => isOwnPort)).toEqual([true, false])
  })

  const auth = { authUrl: 'http://127.0.0.1:9/v3', username: 'u', password: 'hunter2', projectName: 'p' }

  it('give templates that differ in anything another hash', () => {
    const hash = (more: object): unknown =>
      openstack({ ...least, ...more, cloud: { auth, environment: {} } }).templateHash
    const all = [
      {},
      { flavor: 'b' },
      { userData: 'x' },
      { userData: 'y' },
      { networks: ['n'] },
      { tags: ['t'] },
    ]
    expect(new Set(all.map(hash)).size).toBe(all.length)
    expect(hash({ pauseMs: 5 })).toBe(hash({}))
  })

  it.each([
    ['openstackCloud', () => openstackCloud({ auth, timeoutMs: 0 })],
    ['openstackCloud', () => openstackCloud({ auth: { ...auth, authUrl: 'no address' } })],
    ['octavia', () => octavia({ pool: '' })],
  ])('of %s are checked when it is made, and show no password', (_, make) => {
    const error = thrown(make)
    expect(error.code).toBe('invalid-options')
    expect(JSON.stringify([error.message, error])).not.toContain('hunter2')
  })
})
