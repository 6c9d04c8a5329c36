import { collect, type Cloud } from '@flotilla/openstack-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openstack, openstackCloud, type OpenStackCloud, type OpenStackOptions } from '../../src/index.js'
import { labCloud, labTemplate, removeScope, uniqueScope } from './lab-kit.js'

const { signal } = new AbortController()
const patience = { timeout: 240_000, interval: 1000 }

describe('openstack beside other operators', () => {
  let scope = ''
  let cloud: OpenStackCloud = openstackCloud({ cloud: labCloud() })
  const open = (options: Partial<OpenStackOptions> = {}) =>
    openstack({ ...labTemplate, scope, cloud, terminateTimeoutMs: 120_000, ...options })

  beforeEach(() => {
    scope = uniqueScope()
    cloud = openstackCloud({ cloud: labCloud() })
  })
  afterEach(async () => {
    await removeScope(cloud.client, scope)
    await open().endGroup('web', { signal })
    await cloud.close()
  })

  /** Launches one, and waits until it runs. */
  const running = async (backend: ReturnType<typeof open>): Promise<string> => {
    const { id } = await backend.launch({ group: 'web', token: 'a' }, { signal })
    const status = async () => (await backend.list('web', { signal }))[0]?.status
    await expect.poll(status, patience).toBe('running')
    return id
  }

  it('keeps a server that is locked, renamed or shelved, tells of it, and ends it once it is released', async () => {
    const backend = open()
    const id = await running(backend)
    const { servers } = cloud.client.compute
    const { name } = await servers.get(id)
    const isKept = async (why: RegExp): Promise<void> => {
      const { failed } = await backend.terminate('web', [id], { signal })
      expect(failed).toMatchObject([{ id, error: { code: 'conflict', message: expect.stringMatching(why) } }])
      const told = async () => {
        await backend.list('web', { signal })
        return backend.problems('web').map(({ about }) => about)
      }
      await expect.poll(told, patience).toEqual([`server ${id}`])
    }
    await servers.lock(id)
    await isKept(/locked/)
    await servers.unlock(id)
    await servers.update(id, { name: 'keep' })
    await isKept(/renamed it from .* to keep/)
    await servers.update(id, { name })
    await servers.shelve(id)
    await servers.waitFor(
      id,
      ({ status, taskState }) => status.startsWith('SHELVED') && taskState === undefined,
    )
    await isKept(/shelved/)
    await servers.unshelve(id)
    await servers.waitFor(id, 'ACTIVE')
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
  })

  it('leaves a server without its metadata alone, with its port, and sees that at the moment of ending it', async () => {
    const backend = open({ networks: [{ network: 'lab-net' }] })
    const id = await running(backend)
    const { client } = cloud
    await client.compute.servers.metadata.replace(id, {})
    const { failed } = await backend.terminate('web', [id], { signal })
    expect(failed).toMatchObject([{ id, error: { code: 'not-owned' } }])
    await backend.endGroup('web', { signal })
    expect(await client.network.ports.find(`flotilla.${scope}.web.a`)).toMatchObject({ deviceId: id })
    expect(backend.problems('web').map(({ about }) => about)).toContainEqual(expect.stringMatching(/^port /))
    await client.compute.servers.delete(id)
    await client.compute.servers.waitUntilGone(id)
    await backend.endGroup('web', { signal })
    expect(await client.network.ports.find(`flotilla.${scope}.web.a`)).toBeUndefined()
    expect(backend.problems('web').filter(({ about }) => about.startsWith('port'))).toEqual([])
  })

  it('sweeps what a dead launch left by its age, and not what is young', async () => {
    const { client } = cloud
    const networkId = (await client.network.networks.find('lab-net'))?.id ?? ''
    const name = `flotilla.${scope}.web.dead`
    const port = await client.network.ports.create({ networkId, name })
    const externalId = (await client.network.networks.find('public'))?.id ?? ''
    await client.network.floatingIps.create({ networkId: externalId, description: name })
    const young = open({ floatingIpFrom: 'public' })
    await young.list('web', { signal })
    const left = async (): Promise<number> => (await marked(client, name)).length
    await new Promise((resolve) => setTimeout(resolve, 5000))
    expect(await left()).toBe(2)
    // A program that has just begun: it has seen nothing age.
    const old = open({ floatingIpFrom: 'public', orphanAfterMs: 2000 })
    await old.list('web', { signal })
    await expect.poll(left, patience).toBe(0)
    expect(await client.network.ports.deleteUnchanged(port)).toBe('gone')
  })

  it('removes nothing that has changed since it was looked at', async () => {
    const { network } = cloud.client
    const networkId = (await network.networks.find('lab-net'))?.id ?? ''
    const port = await network.ports.create({ networkId, name: `flotilla.${scope}.web.dead` })
    await network.ports.update(port.id, { description: 'taken' })
    expect(await network.ports.deleteUnchanged(port)).toBe('changed')
    expect(await network.ports.deleteUnchanged(await network.ports.get(port.id))).toBe('deleted')
  })

  it('tells of a paused server that it is impaired, and what stands on its console', async () => {
    const backend = open()
    const id = await running(backend)
    await cloud.client.compute.servers.pause(id)
    const seen = async () => (await backend.list('web', { signal }))[0]
    await expect.poll(async () => (await seen())?.impaired, patience).toMatch(/paused; unpause/)
    const instance = await seen()
    if (instance === undefined) throw new Error('none')
    expect(await backend.lastOutput(instance, { signal })).toMatch(/OUTPUT/)
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
  })
})

/** Ports and floating addresses of this mark. */
async function marked({ network }: Cloud, mark: string): Promise<readonly unknown[]> {
  return [
    ...(await collect(network.ports.list({ name: mark }))),
    ...(await collect(network.floatingIps.list({ description: mark }))),
  ]
}
