import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { lab, listedByTag, names, removeTagged, serverParts, uniqueName } from './lab.js'

const cloud = lab()
const admin = lab('admin')
const { servers } = cloud.compute
const tag = uniqueName('tag')
let parts: Awaited<ReturnType<typeof serverParts>>

beforeAll(async () => {
  parts = await serverParts(cloud)
})
afterAll(async () => {
  await removeTagged(cloud, tag)
  await Promise.all([cloud.close(), admin.close()])
})

const spec = (name: string) => ({
  name,
  flavorId: parts.flavorId,
  imageId: parts.imageId,
  networks: [{ networkId: parts.networkId }],
  tags: [tag],
  metadata: { role: 'test' },
})

describe('a server on Nova', () => {
  it('lives from its creation to its end', async () => {
    const name = uniqueName('life')
    const { id, requestId } = await servers.create({
      ...spec(name),
      userData: '#!/bin/sh\necho hi\n',
      configDrive: true,
      securityGroups: ['default'],
      description: 'made by a test',
    })
    const active = await servers.waitFor(id, 'ACTIVE', { timeoutMs: 240_000 })
    expect(active).toMatchObject({
      name,
      tags: [tag],
      metadata: { role: 'test' },
      hasConfigDrive: true,
      imageId: parts.imageId,
    })
    expect(active.addresses).toMatchObject([{ network: names.network, version: 4, kind: 'fixed' }])
    expect(await servers.find(name)).toMatchObject({ id })
    expect(await servers.find(id)).toMatchObject({ name })

    await servers.tags.add(id, 'a:b')
    await servers.tags.add(id, 'a:b')
    expect(await servers.tags.list(id)).toEqual(expect.arrayContaining(['a:b', tag]))
    expect(await servers.tags.remove(id, 'a:b')).toBe(true)
    expect(await servers.tags.remove(id, 'a:b')).toBe(false)
    expect(await servers.metadata.set(id, { drain: 'yes' })).toEqual({ role: 'test', drain: 'yes' })
    expect(await servers.metadata.remove(id, 'drain')).toBe(true)
    expect(await servers.update(id, { name: `${name}-2` })).toMatchObject({ name: `${name}-2` })

    expect(await servers.insight.addresses(id)).toHaveLength(1)
    expect(await servers.insight.interfaces(id)).toMatchObject([{ networkId: parts.networkId }])
    expect(await servers.insight.consoleLog(id, 10)).not.toBe('')
    expect((await servers.insight.actions(id)).map(({ action }) => action)).toContain('create')
    expect((await servers.insight.action(id, requestId ?? '')).events.length).toBeGreaterThan(0)
    await expect(servers.insight.diagnostics(id)).rejects.toMatchObject({ code: 'forbidden' })
    expect((await admin.compute.servers.insight.diagnostics(id)).cpuTimesNs).toHaveLength(1)
    expect((await admin.compute.servers.get(id)).host).toMatch(/./)

    await servers.stop(id)
    await servers.waitFor(id, 'SHUTOFF', { timeoutMs: 120_000 })
    await expect(servers.stop(id)).rejects.toMatchObject({ code: 'conflict' })
    await servers.start(id)
    await servers.waitFor(id, 'ACTIVE', { timeoutMs: 120_000 })
    await servers.pause(id)
    await servers.waitFor(id, 'PAUSED', { timeoutMs: 120_000 })
    await servers.unpause(id)
    await servers.waitFor(id, 'ACTIVE', { timeoutMs: 120_000 })
    await servers.reboot(id, 'hard')
    await servers.waitFor(id, 'ACTIVE', { timeoutMs: 120_000 })

    await servers.lock(id, 'kept by a test')
    expect(await servers.get(id)).toMatchObject({ isLocked: true })
    await expect(servers.delete(id)).rejects.toMatchObject({ code: 'conflict', retryable: false })
    await servers.unlock(id)
    const since = Date.now() - 60_000
    expect(await servers.delete(id)).toBe(true)
    await servers.waitUntilGone(id, { timeoutMs: 120_000 })
    expect(await servers.delete(id)).toBe(false)
    await expect(servers.get(id)).rejects.toMatchObject({ code: 'not-found' })
    const changed = await collect(servers.list({ changesSince: since }))
    expect(changed.find((server) => server.id === id)).toMatchObject({ status: 'DELETED', isDeleting: true })
  })

  it('is listed by its tag, in pages', async () => {
    const own = uniqueName('page')
    const made = await Promise.all(
      [1, 2, 3].map((n) => servers.create({ ...spec(`${own}-${n}`), networks: 'none', tags: [tag, own] })),
    )
    const listed = await listedByTag(cloud, own, 3)
    expect(listed.toSorted()).toEqual(made.map(({ id }) => id).toSorted())
    expect(await collect(servers.list({ tags: [own], notTags: [tag] }))).toEqual([])
    await removeTagged(cloud, own)
    expect(await collect(servers.list({ tags: [own] }))).toEqual([])
  })

  it('that fits nowhere comes to ERROR, with the reason', async () => {
    const flavor = await cloud.compute.flavors.find(names.hugeFlavor)
    const { id } = await servers.create({
      ...spec(uniqueName('huge')),
      flavorId: flavor?.id ?? '',
      networks: 'none',
    })
    await expect(servers.waitFor(id, 'ACTIVE', { timeoutMs: 240_000 })).rejects.toMatchObject({
      code: 'failed',
      fault: expect.stringContaining('No valid host was found'),
    })
  })

  it('of which the reply was lost is there, and the error says that it may be', async () => {
    const own = uniqueName('lost')
    const lossy = lab('member', {
      send: async (url, request) => {
        const response = await fetch(url, request as RequestInit)
        if (request.method === 'POST' && url.endsWith('/servers')) {
          await response.text()
          throw new TypeError('fetch failed', {
            cause: Object.assign(new Error('cut'), { code: 'ECONNRESET' }),
          })
        }
        return response
      },
    })
    const made = lossy.compute.servers.create({ ...spec(own), networks: 'none', tags: [tag, own] })
    await expect(made).rejects.toMatchObject({ code: 'unavailable', maybeDone: true })
    expect(await listedByTag(cloud, own, 1)).toHaveLength(1)
    await lossy.close()
  })

  it('is not made twice over calls that fail on their way', async () => {
    let calls = 0
    const own = uniqueName('flaky')
    const flaky = lab('member', {
      retries: { delayMs: 10 },
      send: async (url, request) => {
        calls += 1
        if (calls % 2 === 0) {
          throw new TypeError('fetch failed', {
            cause: Object.assign(new Error('down'), { code: 'ECONNREFUSED' }),
          })
        }
        return fetch(url, request as RequestInit)
      },
    })
    const { id } = await flaky.compute.servers.create({ ...spec(own), networks: 'none', tags: [tag, own] })
    expect(await listedByTag(cloud, own, 1)).toEqual([id])
    await flaky.close()
  })

  it('reads the same at the oldest microversion', async () => {
    const old = lab('member', { microversions: { compute: '2.1' } })
    const { id } = await servers.create({ ...spec(uniqueName('old')), networks: 'none' })
    const [now, then] = [await servers.get(id), await old.compute.servers.get(id)]
    expect(then).toMatchObject({
      id,
      name: now.name,
      metadata: now.metadata,
      imageId: now.imageId,
      tags: undefined,
    })
    await expect(collect(old.compute.servers.list({ tags: [tag] }))).rejects.toMatchObject({
      code: 'unsupported',
    })
    await old.close()
  })

  it('is not taken by a microversion that Nova does not have', async () => {
    const reply = cloud.service('compute').request({
      what: 'ask for too much',
      method: 'GET',
      path: '/limits',
      microversion: { min: '2.999', max: '2.999' },
    })
    await expect(reply).rejects.toMatchObject({ code: 'unsupported' })
  })
})
