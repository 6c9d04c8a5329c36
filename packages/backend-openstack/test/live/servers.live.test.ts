import { openstackCloud, openstack, projectLimits, type OpenStackOptions } from '../../src/index.js'
import { collect } from '@flotilla/openstack-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenStackCloud } from '../../src/index.js'
import { labCloud, labTemplate, removeScope, uniqueScope, type LabUser } from './lab-kit.js'

const { signal } = new AbortController()

describe('openstack on a real control plane', () => {
  let scope = ''
  const clouds: OpenStackCloud[] = []
  const open = (options: Partial<OpenStackOptions> = {}, user: LabUser = 'member') => {
    const cloud = openstackCloud({ cloud: labCloud(user) })
    clouds.push(cloud)
    return openstack({ ...labTemplate, scope, cloud, ...options })
  }

  beforeEach(() => {
    scope = uniqueScope()
  })
  afterEach(async () => {
    for (const cloud of clouds.splice(0)) {
      await removeScope(cloud.client, scope)
      await cloud.close()
    }
  })

  it('spreads over the zones, and gives each an address', async () => {
    const backend = open({ zones: ['az1', 'az2'] })
    await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (token) => backend.launch({ group: 'web', token }, { signal })),
    )
    await expect
      .poll(async () => (await backend.list('web', { signal })).map(({ status }) => status), {
        timeout: 240_000,
        interval: 1000,
      })
      .toEqual(['running', 'running', 'running', 'running'])
    const listed = await backend.list('web', { signal })
    expect(listed.map(({ zone = '' }) => zone).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'az1',
      'az1',
      'az2',
      'az2',
    ])
    for (const { address } of listed) expect(address?.host).toMatch(/^10\.78\./)
    const { done } = await backend.terminate(
      'web',
      listed.map(({ id }) => id),
      { signal },
    )
    expect(done).toHaveLength(4)
  })

  it('reads "No valid host" of a flavor that fits nowhere, and pauses', async () => {
    const backend = open({ flavor: 'm1.huge', checkQuota: false })
    const { id } = await backend.launch({ group: 'web', token: 'a' }, { signal })
    await expect
      .poll(async () => (await backend.list('web', { signal }))[0]?.status, {
        timeout: 120_000,
        interval: 500,
      })
      .toBe('failed')
    expect((await backend.list('web', { signal }))[0]?.statusReason).toMatch(/No valid host/)
    await expect(backend.launch({ group: 'web', token: 'b' }, { signal })).rejects.toMatchObject({
      code: 'no-capacity',
    })
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
  })

  it('refuses what would break the quota before it is asked for', async () => {
    const backend = open({}, 'small')
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map(async (token) => backend.launch({ group: 'web', token }, { signal })),
    )
    const refused = results.filter((one) => one.status === 'rejected')
    expect(refused).toHaveLength(2)
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'quota-exceeded' })
  })

  it('meets a quota that it does not look at, and pauses', async () => {
    const backend = open({ checkQuota: false }, 'small')
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map(async (token) => backend.launch({ group: 'web', token }, { signal })),
    )
    const refused = results.filter((one) => one.status === 'rejected')
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'quota-exceeded' })
    const list = async (status: string) =>
      (await backend.list('web', { signal })).filter((one) => one.status === status)
    await expect.poll(async () => list('pending'), { timeout: 240_000, interval: 500 }).toEqual([])
    // Nova counts what is there when it is asked, and again when it makes it: of several at one time it takes on more
    // than there is room for, and lets them come to ERROR.
    const failed = await list('failed')
    for (const { statusReason } of failed) expect(statusReason).toMatch(/^Quota exceeded/)
    expect((await list('running')).length).toBeLessThanOrEqual(3)
    expect(refused.length + failed.length).toBeGreaterThanOrEqual(2)
    await expect(backend.launch({ group: 'web', token: 'f' }, { signal })).rejects.toMatchObject({
      code: 'quota-exceeded',
    })
    const ids = failed.map(({ id }) => id)
    expect((await backend.terminate('web', ids, { signal })).done).toEqual(ids)
  })

  it('makes a port of its own, and removes it', async () => {
    const backend = open({ networks: [{ network: 'lab-net', securityGroups: ['default'] }] })
    const { id } = await backend.launch({ group: 'web', token: 'a' }, { signal })
    const { client } = clouds[0] ?? openstackCloud()
    const mark = `flotilla.${scope}.web.a`
    expect(await client.network.ports.find(mark)).toMatchObject({ name: mark })
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect(await client.network.ports.find(mark)).toBeUndefined()
  })

  it('gives a floating address, at which it is listed, and removes it', async () => {
    const backend = open({ floatingIpFrom: 'public' })
    const { id } = await backend.launch({ group: 'web', token: 'a' }, { signal })
    const host = async () => (await backend.list('web', { signal }))[0]?.address?.host ?? ''
    await expect.poll(host, { timeout: 240_000, interval: 1000 }).toMatch(/^198\.51\.100\./)
    const { client } = clouds[0] ?? openstackCloud()
    const addresses = async () => {
      const all = await collect(client.network.floatingIps.list())
      return all.filter(({ description }) => description === `flotilla.${scope}.web.a`)
    }
    expect((await addresses()).map(({ address }) => address)).toEqual([await host()])
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect(await addresses()).toEqual([])
  })

  it('reads the limits of the project', async () => {
    const metrics = projectLimits({ cloud: labCloud('small') })
    const readings = await metrics.sample({ group: 'web', instances: [], now: Date.now(), signal })
    expect(readings.map(({ kind }) => kind)).toEqual(['value', 'value', 'value', 'value', 'value'])
    await metrics.close?.()
  })
})
