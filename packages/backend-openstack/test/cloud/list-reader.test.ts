import { describe, expect, it } from 'vitest'
import { changesTests } from './list-reader-kit.js'
import { signal } from '../kit/cloud-tests.js'
import { novaFault } from '../fake-cloud/fake-http.js'
import type { FakeServer } from '../fake-cloud/cloud-state.js'
import { touch } from '../fake-cloud/fake-nova.js'
import { addForeign, template } from '../kit/openstack-kit.js'
import { OpenStackBackend } from '../../src/backend.js'
import { readOptions } from '../../src/options/settings.js'

const ours = (token: string) => ({ 'flotilla.group': 'web', 'flotilla.token': token })

describe('the list of all groups', () => {
  const tests = changesTests()
  const server = (id = ''): FakeServer => {
    const found = tests.kit.fake.servers.get(id)
    if (found === undefined) throw new Error(`no server ${id}`)
    return found
  }
  const change = (id: string | undefined, to: Partial<FakeServer>): void => {
    Object.assign(server(id), to)
    touch(tests.kit.fake, server(id))
  }

  it('asks for all once in fullListMs, and for what has changed in between', async () => {
    const { kit } = tests
    kit.addServers(25)
    const connection = await kit.settled()
    const look = async () => kit.look(connection)
    expect(await kit.callsOf(look)).toEqual(['changes'])
    await kit.clock.advance(23_000)
    expect(await kit.callsOf(look)).toEqual(['changes'])
    await kit.clock.advance(2000)
    expect(await kit.callsOf(look)).toEqual(['all'])
    await kit.clock.advance(59_000)
    expect(await kit.callsOf(look)).toEqual(['changes'])
    expect(await look()).toEqual(await kit.truth())
  })

  it.each([
    ['20 servers or fewer are', 20, undefined],
    ['fullListMs is 0', 25, 0],
  ])('asks for all every time where %s', async (_, count, fullListMs) => {
    const { kit } = tests
    kit.addServers(count)
    const connection = await kit.settled({ fullListMs })
    expect(await kit.callsOf(async () => kit.look(connection))).toEqual(['all'])
  })

  it('asks for no old changes again in a project where nothing happens', async () => {
    const { kit } = tests
    const [id = ''] = kit.addServers(25)
    const connection = await kit.settled()
    await kit.look(connection)
    const { query } = kit.fake.http.requests.at(-1) ?? {}
    const since = Date.parse(query?.get('changes-since') ?? '')
    expect(since).toBeGreaterThan(server(id).updatedMs ?? Infinity)
    expect(since).toBeLessThan(kit.fake.now() - 30_000)
  })

  it.each<[string, (id: string) => void]>([
    ['was stopped', (id) => change(id, { status: 'SHUTOFF' })],
    ['fell to ERROR', (id) => change(id, { status: 'ERROR', fault: 'its host went up in smoke' })],
    ['is being rebuilt', (id) => change(id, { status: 'REBUILD' })],
    ['was locked', (id) => change(id, { isLocked: true })],
    [
      'was given other metadata',
      (id) => change(id, { metadata: { ...ours('x'), 'flotilla.role': 'waking' } }),
    ],
    ['was made no server of ours', (id) => change(id, { metadata: {} })],
    ['is being deleted', (id) => change(id, { deletedMs: tests.kit.fake.now() })],
  ])('sees that a server %s', async (_, happens) => {
    const { kit } = tests
    const [id = ''] = kit.addServers(25)
    const connection = await kit.settled()
    kit.fake.deleteMs = 1000
    happens(id)
    const calls = await kit.callsOf(async () => expect(await kit.look(connection)).toEqual(await kit.truth()))
    expect(calls[0]).toBe('changes')
  })

  it('sees that somebody deleted a server, of which neither tags nor metadata are left', async () => {
    const { kit } = tests
    const ids = kit.addServers(25)
    const connection = await kit.settled()
    change(ids[3], { deletedMs: kit.fake.now() })
    const seen = await kit.look(connection)
    expect(seen.map(({ id }) => id)).not.toContain(ids[3])
    expect(seen).toHaveLength(24)
  })

  it('tells why one fell to ERROR, which no list says, and asks for it once', async () => {
    const { kit } = tests
    const [id] = kit.addServers(25)
    const connection = await kit.settled()
    change(id, { status: 'ERROR', fault: 'its host went up in smoke' })
    const look = async () => kit.look(connection)
    expect(await kit.callsOf(look)).toEqual(['changes', 'one'])
    expect(await kit.callsOf(look)).toEqual(['changes'])
    const [owned] = (await connection.serverList.of('web', { signal })).filter(
      ({ server: one }) => one.id === id,
    )
    expect(owned?.server.fault?.message).toBe('its host went up in smoke')
  })

  it('sees the servers of another controller, and leaves out those of strangers', async () => {
    const { kit } = tests
    kit.addServers(25)
    const connection = await kit.settled()
    const other = addForeign(kit.fake, ours('new'))
    addForeign(kit.fake, { 'flotilla.group': 'web' })
    addForeign(kit.fake, ours('untagged'), [])
    expect(await kit.callsOf(async () => kit.look(connection))).toEqual(['changes'])
    const seen = await kit.look(connection)
    expect(seen).toEqual(await kit.truth())
    expect(seen.map(({ id }) => id)).toContain(other)
  })

  it.each<[string, (id: string) => void]>([
    ['metadata that was removed', (id) => Object.assign(server(id), { metadata: ours('other') })],
    ['a tag that was removed', (id) => Object.assign(server(id), { tags: [] })],
  ])('sees %s with the next list of all', async (_, happens) => {
    const { kit } = tests
    const [id = ''] = kit.addServers(25)
    const connection = await kit.settled()
    happens(id)
    const before = await kit.look(connection)
    expect(before).not.toEqual(await kit.truth())
    await kit.clock.advance(24_000)
    expect(await kit.look(connection)).toEqual(await kit.truth())
  })

  it('sees what is no change to Nova at once, where it was told to look', async () => {
    const { kit } = tests
    const [id = '', other = ''] = kit.addServers(25)
    const connection = await kit.settled()
    Object.assign(server(id), { metadata: ours('other') })
    connection.serverList.lacks(id)
    connection.serverList.changed(other)
    const calls = await kit.callsOf(async () => expect(await kit.look(connection)).toEqual(await kit.truth()))
    expect(calls.slice(0, 3)).toEqual(['changes', 'one', 'one'])
    expect(await kit.callsOf(async () => kit.look(connection))).toEqual(['changes'])
  })

  it('sees an address that came after the server ran, and looks for one that does not come no longer than two minutes', async () => {
    const { kit } = tests
    const [id = '', other = ''] = kit.addServers(25)
    const connection = await kit.settled()
    const settings = readOptions({ ...template, port: 8080 })
    const backend = new OpenStackBackend(settings, { connection, isShared: true })
    const address = (deviceId: string): void => {
      const rest = { name: '', networkId: '', securityGroups: [], body: {}, createdMs: 0 }
      kit.fake.ports.set(deviceId, { id: deviceId, address: kit.fake.address(), deviceId, ...rest })
    }
    for (const one of kit.fake.servers.keys()) if (one !== id && one !== other) address(one)
    const list = async () => {
      connection.serverList.invalidate()
      return backend.list('web', { signal })
    }
    const hostOf = async () => (await list()).find((one) => one.id === id)?.address?.host
    await kit.clock.advance(60_000)
    expect(await hostOf()).toBeUndefined()
    address(id)
    const calls = await kit.callsOf(async () => expect(await hostOf()).toBeDefined())
    expect(calls).toEqual(['changes', 'one', 'one'])
    expect(await kit.callsOf(list)).toEqual(['changes', 'one'])
    await kit.clock.advance(121_000)
    expect(await kit.callsOf(list)).toEqual(['all'])
    expect(await kit.callsOf(list)).toEqual(['changes'])
  })

  it('sees that one went before it was scheduled, which leaves nothing', async () => {
    const { kit } = tests
    kit.addServers(25)
    const connection = await kit.settled()
    Object.assign(kit.fake, { scheduleMs: 60_000, buildMs: 60_000 })
    const { id } = await connection.client.compute.servers.create({
      name: 'web-new',
      flavorId: '1',
      imageId: 'i',
      networks: 'none',
      metadata: ours('new'),
      tags: ['flotilla'],
    })
    connection.serverList.made(id)
    expect(await kit.look(connection)).toHaveLength(26)
    await connection.client.compute.servers.delete(id)
    expect(await kit.callsOf(async () => kit.look(connection))).toEqual(['building', 'changes', 'one'])
    expect(await kit.look(connection)).toHaveLength(25)
  })

  it('sees one of ours that waits for its host, and has no time of a change', async () => {
    const { kit } = tests
    kit.addServers(25)
    const connection = await kit.settled()
    kit.fake.buildMs = 12_000
    const spec = { name: 'web-new', flavorId: '1', imageId: 'i', networks: 'none' } as const
    const { id } = await connection.client.compute.servers.create({
      ...spec,
      metadata: ours('new'),
      tags: ['flotilla'],
    })
    connection.serverList.made(id)
    for (const status of ['BUILD', 'BUILD', 'ACTIVE']) {
      const found = (await kit.look(connection)).find((one) => one.id === id)
      expect(found?.status).toBe(status)
      await kit.clock.advance(7000)
    }
    expect(await kit.callsOf(async () => kit.look(connection))).toEqual(['changes'])
  })

  it.each([
    ['is refused', 400],
    ['fails', 500],
  ])('asks for all where the list of changes %s, and for changes again after a while', async (_, status) => {
    const { kit } = tests
    kit.addServers(25)
    const connection = await kit.settled({ retries: { count: 0 } })
    const answer = novaFault(status, 'changes-since is out of order', 'badRequest')
    kit.fake.http.arm('listServers', { kind: 'answer', answer })
    const look = async () => kit.look(connection)
    expect(await kit.callsOf(look)).toEqual(['changes', 'all'])
    expect(await kit.callsOf(look)).toEqual(['all'])
    await kit.clock.advance(11_000)
    expect(await kit.callsOf(look)).toEqual(['changes'])
  })

  it('asks for all where strangers change more than there is to list, and for less once their time is known', async () => {
    const { kit } = tests
    kit.addServers(25)
    await kit.clock.advance(86_400_000)
    for (let index = 0; index < 60; index += 1) addForeign(kit.fake, {}, [])
    await kit.clock.advance(60_000)
    const connection = kit.connect()
    await kit.look(connection)
    const calls: string[] = []
    for (let seconds = 0; seconds < 55; seconds += 11) {
      await kit.clock.advance(11_000)
      const looked = await kit.callsOf(async () => kit.look(connection))
      calls.push(looked.filter((call) => call !== 'building').join())
    }
    expect([calls[0], calls.at(-1)]).toEqual(['changes,all', 'changes'])
  })

  it('asks for all while Nova shows a crowd of deleted servers whose host has just cleaned up after them', async () => {
    const { kit } = tests
    kit.addServers(25)
    const others = Array.from({ length: 40 }, () => addForeign(kit.fake, {}, []))
    for (const id of others) change(id, { deletedMs: kit.fake.now() })
    const connection = await kit.settled()
    // At its start it met them as well.
    await kit.clock.advance(6000)
    for (const gone of kit.fake.deleted) touch(kit.fake, gone)
    const calls: string[] = []
    for (let seconds = 0; seconds <= 45; seconds += 5) {
      calls.push((await kit.callsOf(async () => kit.look(connection))).join())
      await kit.clock.advance(5000)
    }
    // At 0, 10, 20 and 30 seconds it is tried. From then on the stamps are older than what is asked for.
    expect(calls).toEqual([
      ...Array.from({ length: 3 }, () => ['changes,all', 'all']).flat(),
      'changes,all',
      'all',
      'changes',
      'changes',
    ])
    expect(await kit.look(connection)).toEqual(await kit.truth())
  })

  it('minds neither a clock of ours that is set, nor one of the cloud that is years away', async () => {
    const { kit } = tests
    const [first, second] = kit.addServers(25)
    const connection = await kit.settled()
    kit.clock.jump(-86_400_000)
    change(first, { status: 'SHUTOFF' })
    expect(await kit.look(connection)).toEqual(await kit.truth())
    kit.clock.jump(10 * 86_400_000)
    change(second, { status: 'SHUTOFF' })
    expect(await kit.look(connection)).toEqual(await kit.truth())
  })

  it("misses nothing beyond fullListMs where the cloud's clock goes back, and relies on it no more for a while", async () => {
    const { kit } = tests
    const [first, second] = kit.addServers(25)
    const connection = await kit.settled()
    kit.cloudAheadMs -= 3_600_000
    change(first, { status: 'SHUTOFF' })
    expect(await kit.look(connection)).not.toEqual(await kit.truth())
    await kit.clock.advance(60_000)
    expect(await kit.look(connection)).toEqual(await kit.truth())
    change(second, { status: 'SHUTOFF' })
    expect(await kit.callsOf(async () => kit.look(connection))).toEqual(['all'])
    expect(await kit.look(connection)).toEqual(await kit.truth())
  })

  it('asks an old Nova, without tags, for changes too', async () => {
    const { kit } = tests
    kit.fake.maxMicroversion = '2.40'
    const [id, ended] = kit.addServers(25)
    const connection = await kit.settled()
    change(id, { status: 'SHUTOFF' })
    change(ended, { deletedMs: kit.fake.now() })
    addForeign(kit.fake, ours('untagged'), [])
    expect(await kit.callsOf(async () => kit.look(connection))).toEqual(['changes'])
    const seen = await kit.look(connection)
    expect(seen).toEqual(await kit.truth())
    expect(seen).toHaveLength(25)
  })

  it('shows nothing again that went while it was asked for', async () => {
    const { kit } = tests
    const [id = ''] = kit.addServers(25)
    const connection = await kit.settled()
    const { guard } = kit.fake.http
    kit.fake.http.guard = (request) => {
      if (request.path.endsWith('/servers/detail')) connection.serverList.ended(id)
      return guard(request)
    }
    expect((await kit.look(connection)).map((one) => one.id)).not.toContain(id)
    kit.fake.http.guard = guard
    kit.fake.servers.delete(id)
    expect((await kit.look(connection)).map((one) => one.id)).not.toContain(id)
  })
})
