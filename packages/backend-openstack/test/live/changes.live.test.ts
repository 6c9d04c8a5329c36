import { setTimeout as sleep } from 'node:timers/promises'
import { collect } from '@flotilla/openstack-client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { OpenStackBackend } from '../../src/backend.js'
import { labels, ownTag, serverName } from '../../src/labels.js'
import { givenConnection } from '../../src/connection/connection.js'
import { openstackCloud } from '../../src/index.js'
import { readOptions } from '../../src/options/settings.js'
import { labCloud, labTemplate, removeScope, uniqueScope } from './lab-kit.js'

const { signal } = new AbortController()
const scope = uniqueScope()
/** More than so many, and changes are asked for. */
const count = 24
const patience = { timeout: 240_000, interval: 1000 }

/**
 * A backend, and the kinds of lists that it asks Nova for.
 *
 * Its project is one of its own: changes are those of a whole project, and every five minutes a host stamps all servers
 * anew that were deleted from it since. Where other suites had servers, these may be more than there are to list.
 */
function open(fullListMs: number) {
  const asked: string[] = []
  const cloud = openstackCloud({
    cloud: labCloud('alone'),
    fullListMs,
    listMaxAgeMs: 0,
    send: async (url, request) => {
      const { pathname, searchParams } = new URL(url)
      if (pathname.endsWith('/servers/detail') && !searchParams.has('marker')) {
        const kind = searchParams.has('status') ? 'building' : 'all'
        asked.push(searchParams.has('changes-since') ? 'changes' : kind)
      }
      return fetch(url, request as RequestInit)
    },
  })
  const settings = readOptions({ ...labTemplate, port: undefined, scope, cloud })
  return { cloud, asked, backend: new OpenStackBackend(settings, givenConnection(cloud)) }
}

describe('the servers of a real Nova that are known by their changes', () => {
  const follower = open(600_000)
  const lister = open(0)
  const { servers } = lister.cloud.client.compute
  let ids: readonly string[] = []

  const make = async (token: string, flavor = 'm1.tiny'): Promise<string> => {
    const { client } = lister.cloud
    const [found, image] = await Promise.all([
      client.compute.flavors.find(flavor),
      client.image.find('fake-image'),
    ])
    const { id } = await servers.create({
      // One of another name would be taken for renamed, and left alone.
      name: serverName('web', token),
      flavorId: found?.id ?? '',
      imageId: image?.id ?? '',
      networks: 'none',
      metadata: { [labels.group]: 'web', [labels.token]: token, [labels.scope]: scope },
      tags: [ownTag],
    })
    return id
  }
  const list = async ({ backend }: typeof lister) => {
    const listed = await backend.list('web', { signal })
    return listed
      .map(({ id, status, statusReason }) => ({ id, status, statusReason }))
      .toSorted((a, b) => a.id.localeCompare(b.id))
  }
  /** What the follower sees once Nova has done what was asked of it. */
  const follow = async (isDone: (seen: Awaited<ReturnType<typeof list>>) => boolean) => {
    await vi.waitFor(async () => expect(isDone(await list(lister))).toBe(true), patience)
    return list(follower)
  }
  const statusOf = (seen: Awaited<ReturnType<typeof list>>, id: string) =>
    seen.find((one) => one.id === id)?.status

  beforeAll(async () => {
    const made: string[] = []
    for (let index = 0; index < count; index += 1) made.push(await make(`t${index}`))
    ids = made
    await follow((seen) => seen.filter(({ status }) => status === 'running').length === count)
    // For half a minute they all count as changed just before.
    for (let seconds = 0; seconds < 44; seconds += 11) {
      await sleep(11_000)
      await list(follower)
    }
    follower.asked.splice(0)
  })
  afterAll(async () => {
    await removeScope(lister.cloud.client, scope)
    await Promise.all([follower.cloud.close(), lister.cloud.close()])
  })

  it('shows one that somebody stopped, started, locked and rebuilt', async () => {
    const [id = ''] = ids
    await servers.stop(id)
    expect(await follow((seen) => statusOf(seen, id) === 'stopped')).toEqual(await list(lister))
    await servers.start(id)
    expect(await follow((seen) => statusOf(seen, id) === 'running')).toEqual(await list(lister))
    await servers.lock(id)
    expect(await follow((seen) => seen.find((one) => one.id === id)?.statusReason === 'locked')).toEqual(
      await list(lister),
    )
    await servers.unlock(id)
    const image = await lister.cloud.client.image.find('fake-image')
    await servers.rebuild(id, { imageId: image?.id ?? '' })
    expect(await follow((seen) => statusOf(seen, id) === 'running')).toEqual(await list(lister))
  })

  it('shows no more one that somebody deleted, whose tags and metadata went with it', async () => {
    const [, id = ''] = ids
    await servers.delete(id)
    expect(await follow((seen) => statusOf(seen, id) === undefined)).toEqual(await list(lister))
    const changed = await collect(servers.list({ changesSince: Date.now() - 300_000 }))
    expect(changed.find((one) => one.id === id)).toMatchObject({ status: 'DELETED', tags: [], metadata: {} })
  })

  it('shows one of another controller, and one that came to ERROR with its reason', async () => {
    const running = await make('new')
    const failed = await make('huge', 'm1.huge')
    expect(
      await follow((seen) => statusOf(seen, running) === 'running' && statusOf(seen, failed) === 'failed'),
    ).toEqual(await list(lister))
    const reason = (await list(follower)).find(({ id }) => id === failed)?.statusReason
    expect(reason).toMatch(/No valid host/)
    await servers.delete(failed)
    expect(await follow((seen) => statusOf(seen, failed) === undefined)).toEqual(await list(lister))
  })

  it('shows nothing of one that went before it was scheduled', async () => {
    const id = await make('soon-gone')
    await list(follower)
    await servers.delete(id)
    await servers.waitUntilGone(id, { timeoutMs: 60_000 })
    expect(await follow((seen) => statusOf(seen, id) === undefined)).toEqual(await list(lister))
  })

  it('follows an end of ours', async () => {
    const [, , id = ''] = ids
    expect((await follower.backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect(await follow((seen) => statusOf(seen, id) === undefined)).toEqual(await list(lister))
  })

  it('asked for all that time not once', () => {
    expect(follower.asked).toContain('changes')
    expect(follower.asked.filter((kind) => kind === 'all')).toEqual([])
  })
})
