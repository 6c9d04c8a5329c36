import { FlotillaError, type Backend } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { image } from './fake-cloud/cloud-state.js'
import { FakeCloud } from './fake-cloud/fake-cloud.js'
import { novaFault } from './fake-cloud/fake-http.js'
import { fakeBackend, type Opened } from './kit/openstack-kit.js'
import { thrownBy } from './kit/thrown-by.js'

const { signal } = new AbortController()

describe('launch', () => {
  let fake: FakeCloud
  const opened: Backend[] = []
  const open = (given: Opened = {}): Backend => {
    const backend = fakeBackend(fake, given)
    opened.push(backend)
    return backend
  }
  const only = () => [...fake.servers.values()][0]

  beforeEach(async () => {
    fake = await FakeCloud.open()
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(async (backend) => backend.close()))
    await fake.http.close()
  })

  it('asks for no network where the list of them is empty', async () => {
    const backend = open({ options: { networks: [], port: undefined } })
    await backend.launch({ group: 'web', token: 'a1' }, { signal })
    expect(only()?.body).toMatchObject({ networks: 'none' })
  })

  it('asks for what the options say, and marks the server as ours', async () => {
    const backend = open({
      options: {
        keyName: 'ops',
        securityGroups: ['web-sg'],
        userData: '#!/bin/sh\n',
        configDrive: true,
        zones: ['az1'],
        serverGroup: 'apart',
        bootVolume: { sizeGib: 5, volumeType: 'fast' },
        metadata: { team: 'shop' },
        tags: ['shop'],
        description: 'a web server',
        scope: 'blue',
      },
    })
    await backend.launch({ group: 'web', token: 'a1' }, { signal })
    const { body, hints } = only() ?? {}
    expect(body).toMatchObject({
      name: 'web-a1',
      flavorRef: '1',
      networks: [{ uuid: fake.networks[0]?.id }],
      key_name: 'ops',
      security_groups: [{ name: 'web-sg' }],
      user_data: Buffer.from('#!/bin/sh\n').toString('base64'),
      config_drive: true,
      availability_zone: 'az1',
      description: 'a web server',
      tags: ['flotilla', 'flotilla:a1', 'shop'],
      metadata: {
        team: 'shop',
        'flotilla.group': 'web',
        'flotilla.token': 'a1',
        'flotilla.scope': 'blue',
        'flotilla.template': backend.templateHash,
        'flotilla.zone': 'az1',
      },
      block_device_mapping_v2: [
        {
          source_type: 'image',
          destination_type: 'volume',
          uuid: fake.images[0]?.id,
          volume_size: 5,
          volume_type: 'fast',
          boot_index: 0,
          delete_on_termination: true,
        },
      ],
    })
    expect(body?.['imageRef']).toBeUndefined()
    expect(hints).toEqual({ group: fake.serverGroups[0]?.id })
  })

  it('takes the newest image that has the properties', async () => {
    fake.images = [
      image('web', '2026-01-01T00:00:00Z', { build: 'shop' }),
      image('web', '2026-03-01T00:00:00Z', { build: 'shop' }),
      image('web', '2026-05-01T00:00:00Z', { build: 'other' }),
    ]
    const backend = open({ options: { image: { newest: { name: 'web', properties: { build: 'shop' } } } } })
    await backend.launch({ group: 'web', token: 'a1' }, { signal })
    expect(only()?.body['imageRef']).toBe(fake.images[1]?.id)
  })

  it.each([
    ['image', { image: 'nope' }, /no image nope/],
    ['flavor', { flavor: 'nope' }, /no flavor nope/],
    ['network', { networks: ['nope'] }, /no network nope/],
    ['server group', { serverGroup: 'nope' }, /no server group nope/],
  ])('refuses a %s that is not there, and makes nothing', async (_, options, words) => {
    const error = await thrownBy(open({ options }).launch({ group: 'web', token: 'a1' }, { signal }))
    expect(error).toMatchObject({ code: 'invalid-template' })
    expect(error.message).toMatch(words)
    expect(fake.http.count('createServer')).toBe(0)
  })

  it('finds the server whose reply was lost, and makes no second one', async () => {
    fake.http.arm('createServer', { kind: 'cut-after' })
    const { id } = await open().launch({ group: 'web', token: 'a1' }, { signal })
    expect([...fake.servers.keys()]).toEqual([id])
  })

  it('finds the server whose reply was lost before it can be listed by its tag', async () => {
    fake.scheduleMs = 60_000
    fake.buildMs = 60_000
    fake.http.arm('createServer', { kind: 'cut-after' })
    const { id } = await open().launch({ group: 'web', token: 'a1' }, { signal })
    expect([...fake.servers.keys()]).toEqual([id])
    expect(fake.http.count('createServer')).toBe(1)
  })

  it('lists what is not scheduled yet, also in a program that has just started', async () => {
    fake.scheduleMs = 60_000
    fake.buildMs = 60_000
    const { id } = await open().launch({ group: 'web', token: 'a1' }, { signal })
    const after = open()
    expect((await after.list('web', { signal })).map((one) => one.id)).toEqual([id])
    expect((await after.launch({ group: 'web', token: 'a1' }, { signal })).id).toBe(id)
  })

  const crashes = ['createPort', 'createFloatingIp', 'createServer'] as const
  it.each(crashes)('makes one server, whole, after a program that died at its %s', async (route) => {
    const options = { floatingIpFrom: 'public', lookTimeoutMs: 0 }
    fake.http.arm(route, { kind: 'hang-after' })
    // Long against an answer of the fake, also where the machine is busy; `close` waits for it.
    const dead = open({ options, cloud: { timeoutMs: 2000 } })
    void dead.launch({ group: 'web', token: 'a1' }, { signal }).catch(() => {})
    await expect.poll(() => fake.http.count(route)).toBe(1)
    const after = open({ options })
    const { id } = await after.launch({ group: 'web', token: 'a1' }, { signal })
    expect([...fake.servers.keys()]).toEqual([id])
    expect((await after.list('web', { signal })).map((one) => one.id)).toEqual([id])
    const { failed } = await after.terminate('web', [id], { signal })
    expect(failed).toEqual([])
    await dead.close()
    expect([...fake.ports.keys(), ...fake.floatingIps.keys()]).toEqual([])
  })

  it('undoes its port and floating address when Nova refuses the server', async () => {
    fake.http.arm('createServer', { kind: 'answer', answer: novaFault(400, 'bad image', 'badRequest') })
    const backend = open({ options: { floatingIpFrom: 'public' } })
    expect(await thrownBy(backend.launch({ group: 'web', token: 'a1' }, { signal }))).toMatchObject({
      code: 'invalid-template',
    })
    expect([fake.servers.size, fake.ports.size, fake.floatingIps.size]).toEqual([0, 0, 0])
  })

  it('spreads over the zones, with what is under way', async () => {
    const backend = open({ options: { zones: ['az1', 'az2', 'az3'] } })
    await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map(async (token) =>
        backend.launch({ group: 'web', token }, { signal }),
      ),
    )
    const zones = [...fake.servers.values()].map(({ zone }) => zone).toSorted()
    expect(zones).toEqual(['az1', 'az1', 'az2', 'az2', 'az3', 'az3'])
  })

  it('reads the list once for launches at one time', async () => {
    const backend = open()
    await backend.list('web', { signal })
    const before = fake.http.count('listServers')
    await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (token) => backend.launch({ group: 'web', token }, { signal })),
    )
    expect(fake.http.count('listServers')).toBe(before)
    expect(fake.http.count('limits')).toBe(1)
  })

  it('goes on with a new token when the one it has is refused', async () => {
    const backend = open()
    await backend.launch({ group: 'web', token: 'a1' }, { signal })
    fake.tokens.clear()
    await backend.launch({ group: 'web', token: 'a2' }, { signal })
    expect(fake.servers.size).toBe(2)
  })

  it('marks no server by tag on a cloud that takes none at creation, and still finds its own', async () => {
    fake.maxMicroversion = '2.40'
    const backend = open()
    const { id } = await backend.launch({ group: 'web', token: 'a1' }, { signal })
    expect(only()?.tags).toEqual([])
    expect((await backend.list('web', { signal })).map((one) => one.id)).toEqual([id])
  })

  it('shows the younger of two servers of one token as failed', async () => {
    const backend = open()
    const { id } = await backend.launch({ group: 'web', token: 'a1' }, { signal })
    const first = only()
    if (first === undefined) throw new Error('no server')
    const younger = {
      ...first,
      id: '99999999-0000-4000-8000-000000000000',
      createdMs: first.createdMs + 5000,
    }
    fake.servers.set(younger.id, younger)
    const later = open()
    const listed = await later.list('web', { signal })
    expect(listed.find((one) => one.id === id)?.status).toBe('running')
    expect(listed.find((one) => one.id === younger.id)).toMatchObject({
      status: 'failed',
      statusReason: `its token has an elder server, ${id}`,
    })
  })

  it('never puts user data or the password into an error', async () => {
    fake.http.arm('createServer', { kind: 'answer', answer: novaFault(400, 'no', 'badRequest') })
    const backend = open({ options: { userData: 'token=hunter2' } })
    const error = await thrownBy(backend.launch({ group: 'web', token: 'a1' }, { signal }))
    expect(error).toBeInstanceOf(FlotillaError)
    expect(JSON.stringify([error.message, error])).not.toMatch(/hunter2|"pw"/)
  })
})
