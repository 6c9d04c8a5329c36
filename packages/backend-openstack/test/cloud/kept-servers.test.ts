import { describe, expect, it } from 'vitest'
import { cloudTests, launchAll, signal } from '../kit/cloud-tests.js'
import { addForeign } from '../kit/openstack-kit.js'
import type { FakeServer } from '../fake-cloud/cloud-state.js'

const options = { floatingIpFrom: 'public', terminateTimeoutMs: 400 }

describe('a server that somebody has laid hands on', () => {
  const tests = cloudTests()

  it.each<[string, (server: FakeServer) => void, RegExp]>([
    ['locked', (server) => (server.isLocked = true), /locked/],
    ['renamed', (server) => (server.name = 'keep'), /renamed it from web-a to keep/],
    ['rescued', (server) => (server.status = 'RESCUE'), /rescue mode; unrescue/],
    ['shelved', (server) => (server.status = 'SHELVED_OFFLOADED'), /shelved it; unshelve/],
  ])(
    'stays when it is %s, with all that is its own, and is told until that is over',
    async (_, touch, why) => {
      const { fake, open } = tests
      // Also by one who may do it: Nova lets an admin end what is locked.
      const backend = open({ options })
      const [id = ''] = await launchAll(backend, 'a')
      const server = fake.servers.get(id)
      if (server === undefined) throw new Error('no server')
      const before = { ...server }
      touch(server)
      server.updatedMs = fake.now()
      await backend.list('web', { signal })
      const { failed } = await backend.terminate('web', [id], { signal })
      expect(failed).toMatchObject([{ id, error: { code: 'conflict', message: expect.stringMatching(why) } }])
      expect(fake.http.count('deleteServer')).toBe(0)
      expect([fake.servers.size, fake.ports.size, fake.floatingIps.size]).toEqual([1, 1, 1])
      await expect
        .poll(async () => {
          await backend.list('web', { signal })
          return backend.problems('web').map(({ about, message }) => [about, why.test(message)])
        })
        .toEqual([[`server ${id}`, true]])
      Object.assign(server, before)
      expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
      await backend.list('web', { signal })
      expect(backend.problems('web')).toEqual([])
    },
  )

  it('stays while an image of it is made, and is ended after', async () => {
    const { fake, open } = tests
    const backend = open({ options })
    const [id = ''] = await launchAll(backend, 'a')
    const server = fake.servers.get(id)
    if (server === undefined) throw new Error('no server')
    server.taskState = 'image_uploading'
    const { failed } = await backend.terminate('web', [id], { signal })
    expect(failed).toMatchObject([
      { id, error: { code: 'conflict', message: /an image of it is being made/ } },
    ])
    expect(fake.http.count('deleteServer')).toBe(0)
    server.taskState = undefined
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
  })

  it('is nobody’s without its metadata, stays with its port, and is told', async () => {
    const { fake, open } = tests
    const backend = open({ options })
    const [id = ''] = await launchAll(backend, 'a')
    const server = fake.servers.get(id)
    if (server === undefined) throw new Error('no server')
    expect(await backend.list('web', { signal })).toHaveLength(1)
    server.metadata = {}
    // The list may be as old as it may be: what is asked to end is looked at.
    const { failed } = await backend.terminate('web', [id], { signal })
    expect(failed).toMatchObject([{ id, error: { code: 'not-owned' } }])
    expect(await backend.list('web', { signal })).toEqual([])
    expect(backend.problems('web').map(({ about }) => about)).toContain(`server ${id}`)
    await backend.endGroup('web', { signal })
    expect([fake.servers.size, fake.ports.size, fake.floatingIps.size]).toEqual([1, 1, 1])
  })

  it('removes what Neutron changes while the server goes, at the next look', async () => {
    const { fake, open } = tests
    const backend = open({ options })
    const [id = ''] = await launchAll(backend, 'a')
    const { guard } = fake.http
    let changes = 2
    fake.http.guard = (request) => {
      const [address] = fake.floatingIps.values()
      const isRemoval = request.method === 'DELETE' && request.path.includes('/floatingips/')
      // Its port is unplugged just before.
      if (isRemoval && address !== undefined && changes > 0) {
        changes -= 1
        address.portId = changes === 1 ? '' : address.portId
        return { status: 412, body: { NeutronError: { type: 'x', message: 'Constrained', detail: '' } } }
      }
      return guard(request)
    }
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect([fake.ports.size, fake.floatingIps.size]).toEqual([0, 0])
  })

  it('keeps a floating address that somebody has led elsewhere when it is ended', async () => {
    const { fake, open } = tests
    const backend = open({ options })
    const [id = ''] = await launchAll(backend, 'a')
    const theirs = addForeign(fake)
    const [address] = fake.floatingIps.values()
    if (address === undefined) throw new Error('no address')
    address.portId = `port-of-${theirs}`
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect([fake.ports.size, fake.floatingIps.size]).toEqual([0, 1])
    expect(backend.problems('web')).toMatchObject([{ about: `floating address ${address.id}` }])
  })
})

describe('a cloud with deferred deletion', () => {
  const tests = cloudTests()

  it('ends for good what it would keep', async () => {
    const { fake, open } = tests
    fake.softDeletes = true
    const backend = open({ options: { floatingIpFrom: 'public' } })
    const [id = ''] = await launchAll(backend, 'a')
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect([fake.servers.size, fake.ports.size, fake.floatingIps.size]).toEqual([0, 0, 0])
  })

  it('leaves its ports to what may be restored, where only an admin may end that', async () => {
    const { fake, open } = tests
    fake.softDeletes = true
    fake.refusesForce = true
    const backend = open({ options })
    const [id = ''] = await launchAll(backend, 'a')
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect(await backend.list('web', { signal })).toEqual([])
    expect([fake.servers.size, fake.ports.size, fake.floatingIps.size]).toEqual([1, 1, 1])
  })
})
