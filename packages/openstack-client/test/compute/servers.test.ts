import { describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { OpenStackError } from '../../src/openstack-error.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'
import { fixture } from '../kit/fixture.js'

const id = 'fcd843b7-9dda-4ee8-9fec-294062f44049'
const servers = '/compute/v2.1/servers'

describe('servers', () => {
  it('are read in one shape at the newest microversion', async () => {
    const { cloud } = open(new FakeCloud().replay('GET', `${servers}/${id}`, 'server-get-active'))
    expect(await cloud.compute.servers.get(id)).toMatchObject({
      id,
      name: 'pool-a-0001',
      status: 'ACTIVE',
      taskState: undefined,
      vmState: 'active',
      powerState: 1,
      isDeleting: false,
      createdAt: Date.parse('2026-11-21T20:31:49Z'),
      launchedAt: Date.parse('2026-11-21T20:31:56Z'),
      metadata: { pool: 'a', gen: '7' },
      tags: ['asg:pool-a', 'managed'],
      addresses: [
        {
          network: 'lab-net',
          address: '10.78.2.195',
          version: 4,
          kind: 'fixed',
          macAddress: 'fa:16:3e:38:29:0f',
        },
      ],
      flavor: { id: undefined, name: 'm1.tiny', vcpuCount: 1, ramMib: 512, diskGib: 1 },
      imageId: '06ac5a00-df12-4a5c-9317-b9b9405dd31d',
      availabilityZone: 'az1',
      securityGroups: ['default'],
      hasConfigDrive: true,
      isLocked: false,
      description: 'made by the recorder',
      serverGroupIds: [],
    })
  })

  it('are read in the same shape at 2.1, where tags are not told', async () => {
    const { cloud } = open(new FakeCloud().replay('GET', `${servers}/${id}`, 'server-get-active-v21'))
    expect(await cloud.compute.servers.get(id)).toMatchObject({
      status: 'ACTIVE',
      tags: undefined,
      serverGroupIds: undefined,
      isLocked: undefined,
      flavor: { id: '1', name: undefined },
    })
  })

  it.each([
    ['no-valid-host-server-error', 'No valid host was found.'],
    ['group-full-server-error', 'No valid host was found. There are not enough hosts available.'],
    ['build-abort-server-error', /^Build of instance \S+ aborted/],
  ])('tell why they are in ERROR: %s', async (name, message) => {
    const { cloud } = open(new FakeCloud().replay('GET', `${servers}/${id}`, name))
    const { status, fault } = await cloud.compute.servers.get(id)
    expect(status).toBe('ERROR')
    expect(fault?.message).toMatch(message)
    expect(fault?.code).toBe(500)
  })

  it('are known to be on their way out while Nova still says ACTIVE', async () => {
    const { cloud } = open(new FakeCloud().replay('GET', `${servers}/${id}`, 'server-get-deleting'))
    expect(await cloud.compute.servers.get(id)).toMatchObject({
      status: 'ACTIVE',
      taskState: 'deleting',
      isDeleting: true,
    })
  })

  it('are made with everything that is asked for', async () => {
    const { cloud, fake } = open(new FakeCloud().replay('POST', servers, 'server-create-202'))
    const created = await cloud.compute.servers.create({
      name: 'pool-a-0001',
      flavorId: '1',
      imageId: '06ac5a00-df12-4a5c-9317-b9b9405dd31d',
      networks: [{ networkId: 'f58582e1-6a0a-43cb-b47d-77f8a1855004' }],
      availabilityZone: 'az1',
      tags: ['asg:pool-a', 'managed'],
      metadata: { pool: 'a', gen: '7' },
      userData: '#!/bin/sh\necho hi\n',
      configDrive: true,
      description: 'made by the recorder',
      securityGroups: ['default'],
    })
    expect(created.id).toBe(id)
    expect(created.requestId).toMatch(/^req-/)
    // The very body that the real Nova took.
    expect(fake.seen(servers)[0]?.json).toEqual(fixture('server-create-202').request.body)
    expect(fake.seen(servers)[0]?.headers.get('openstack-api-version')).toBe('compute 2.93')
    expect(created.adminPassword?.reveal()).toBe('REDACTED')
  })

  it('are made in a group, on ports and from volumes', async () => {
    const { cloud, fake } = open(new FakeCloud().replay('POST', servers, 'server-create-202'))
    await cloud.compute.servers.create({
      name: 'a',
      flavorId: '1',
      networks: [{ portId: 'p1', tag: 'front' }],
      serverGroupId: 'g1',
      schedulerHints: { different_host: ['s1'] },
      blockDevices: [
        {
          sourceType: 'image',
          sourceId: 'i1',
          destinationType: 'volume',
          sizeGib: 8,
          bootIndex: 0,
          deleteOnTermination: true,
        },
      ],
    })
    expect(fake.seen(servers)[0]?.json).toEqual({
      server: {
        name: 'a',
        flavorRef: '1',
        networks: [{ port: 'p1', tag: 'front' }],
        block_device_mapping_v2: [
          {
            source_type: 'image',
            destination_type: 'volume',
            uuid: 'i1',
            volume_size: 8,
            boot_index: 0,
            delete_on_termination: true,
          },
        ],
      },
      'os:scheduler_hints': { different_host: ['s1'], group: 'g1' },
    })
  })

  it('take the only network when none is said, for 2.37 and later ask for one', async () => {
    const { cloud, fake } = open(new FakeCloud().replay('POST', servers, 'server-create-202'))
    await cloud.compute.servers.create({ name: 'a', flavorId: '1', imageId: 'i' })
    expect(fake.seen(servers)[0]?.json).toMatchObject({ server: { networks: 'auto' } })
    const old = open(new FakeCloud().replay('POST', servers, 'server-create-202'), {
      microversions: { compute: '2.36' },
    })
    await old.cloud.compute.servers.create({ name: 'a', flavorId: '1', imageId: 'i' })
    expect(old.fake.seen(servers)[0]?.json).toEqual({ server: { name: 'a', flavorRef: '1', imageRef: 'i' } })
  })

  it('with user data that is too large are refused before they are asked for', async () => {
    const { cloud, fake } = open()
    const made = cloud.compute.servers.create({ name: 'a', flavorId: '1', userData: 'A'.repeat(50_000) })
    await expect(made).rejects.toMatchObject({ code: 'invalid-options' })
    expect(fake.seen(servers)).toEqual([])
  })

  it('are listed by tags', async () => {
    const { cloud, fake } = open(new FakeCloud().replay('GET', `${servers}/detail`, 'list-by-tags'))
    const found = await collect(cloud.compute.servers.list({ tags: ['asg:pool-a', 'managed'] }))
    expect(found.length).toBeGreaterThan(1)
    expect(found.every((server) => server.tags?.includes('asg:pool-a'))).toBe(true)
    expect(fake.requests.at(-1)?.url.searchParams.get('tags')).toBe('asg:pool-a,managed')
  })

  it('are not listed by tags where the cloud would pass over that and give everybody’s', async () => {
    const { cloud, fake } = open(new FakeCloud(), { microversions: { compute: '2.25' } })
    const listed = collect(cloud.compute.servers.list({ tags: ['asg:a'] }))
    await expect(listed).rejects.toMatchObject({ code: 'unsupported', service: 'compute' })
    expect(fake.seen(`${servers}/detail`)).toEqual([])
  })

  it('that were deleted show up among the changed', async () => {
    const { cloud, fake } = open(new FakeCloud().replay('GET', `${servers}/detail`, 'list-changes-since'))
    const since = Date.parse('2026-11-21T20:32:00Z')
    const changed = await collect(cloud.compute.servers.list({ changesSince: since }))
    expect(changed.some(({ status, isDeleting }) => status === 'DELETED' && isDeleting)).toBe(true)
    expect(fake.requests.at(-1)?.url.searchParams.get('changes-since')).toBe('2026-11-21T20:32:00.000Z')
  })

  it('are deleted, and deleting the gone is no error', async () => {
    const fake = new FakeCloud().replay('DELETE', `${servers}/${id}`, 'server-delete-204')
    const { cloud } = open(fake)
    expect(await cloud.compute.servers.delete(id)).toBe(true)
    fake.replay('DELETE', `${servers}/${id}`, 'server-delete-404')
    expect(await cloud.compute.servers.delete(id)).toBe(false)
  })

  it('that are locked are not deleted, and it is said why', async () => {
    const { cloud } = open(new FakeCloud().replay('DELETE', `${servers}/${id}`, 'server-delete-locked-409'))
    await expect(cloud.compute.servers.delete(id)).rejects.toMatchObject({
      code: 'conflict',
      retryable: false,
      fault: `Instance ${id} is locked`,
    })
  })

  it.each([
    ['start', { 'os-start': null }],
    ['stop', { 'os-stop': null }],
    ['pause', { pause: null }],
    ['unpause', { unpause: null }],
    ['suspend', { suspend: null }],
    ['resume', { resume: null }],
    ['shelve', { shelve: null }],
    ['unshelve', { unshelve: null }],
    ['reboot', { reboot: { type: 'SOFT' } }],
    ['lock', { lock: null }],
    ['unlock', { unlock: null }],
  ] as const)('%s', async (action, body) => {
    const { cloud, fake } = open(
      new FakeCloud().replay('POST', `${servers}/${id}/action`, 'server-action-stop-202'),
    )
    await cloud.compute.servers[action](id)
    expect(fake.requests.at(-1)?.json).toEqual(body)
  })

  it('are rebuilt from an image', async () => {
    const body = fixture('server-update-200').response.body
    const { cloud, fake } = open(new FakeCloud().on('POST', `${servers}/${id}/action`, { status: 202, body }))
    const rebuilt = await cloud.compute.servers.rebuild(id, { imageId: 'i2' })
    expect(rebuilt.id).toBe(id)
    expect(fake.requests.at(-1)?.json).toEqual({ rebuild: { imageRef: 'i2' } })
  })

  it.each([
    ['in the body from 2.45 on', { status: 202, body: { image_id: 'img-1' } }],
    ['in an address before', { status: 202, headers: { location: 'http://glance/images/img-1' } }],
  ])('are made images of, whose id is %s', async (_, answer) => {
    const { cloud, fake } = open(new FakeCloud().on('POST', `${servers}/${id}/action`, answer))
    const spec = { name: 'golden', metadata: { role: 'web' } }
    expect(await cloud.compute.servers.createImage(id, spec)).toBe('img-1')
    expect(fake.requests.at(-1)?.json).toEqual({ createImage: spec })
  })

  it('are given tags and metadata, and they are taken away', async () => {
    const tag = `${servers}/${id}/tags/v2`
    const fake = new FakeCloud()
      .replay('GET', `${servers}/${id}/tags`, 'tags-get')
      .replay('PUT', tag, 'tag-add-201')
      .replay('DELETE', tag, 'tag-delete-204')
      .replay('PUT', `${servers}/${id}/tags`, 'tags-replace-200')
      .replay('POST', `${servers}/${id}/metadata`, 'metadata-post-200')
      .replay('DELETE', `${servers}/${id}/metadata/drain`, 'metadata-delete-204')
    const { tags, metadata } = open(fake).cloud.compute.servers
    expect(await tags.list(id)).toEqual(['asg:pool-a', 'managed'])
    await tags.add(id, 'v2')
    fake.replay('PUT', tag, 'tag-add-204')
    await tags.add(id, 'v2')
    expect(await tags.remove(id, 'v2')).toBe(true)
    fake.replay('DELETE', tag, 'tag-check-404')
    expect(await tags.remove(id, 'v2')).toBe(false)
    expect((await tags.replace(id, ['a'])).length).toBeGreaterThan(0)
    expect(await metadata.set(id, { drain: 'yes' })).toEqual({ pool: 'a', gen: '7', drain: 'yes' })
    expect(await metadata.remove(id, 'drain')).toBe(true)
  })

  it('tell their addresses, cards, past actions and console', async () => {
    const fake = new FakeCloud()
      .replay('GET', `${servers}/${id}/ips`, 'server-addresses')
      .replay('GET', `${servers}/${id}/os-interface`, 'server-interfaces')
      .replay('GET', `${servers}/${id}/os-instance-actions`, 'instance-actions')
      .replay('GET', /os-instance-actions\/req-/, 'no-valid-host-instance-action')
      .replay('POST', `${servers}/${id}/action`, 'server-console-output')
    const { insight } = open(fake).cloud.compute.servers
    expect(await insight.addresses(id)).toMatchObject([{ address: '10.78.2.195', version: 4 }])
    expect(await insight.interfaces(id)).toMatchObject([{ ipAddresses: ['10.78.2.195'], state: 'ACTIVE' }])
    expect((await insight.actions(id)).map(({ action }) => action)).toContain('create')
    const failed = await insight.action(id, 'req-1')
    expect(failed.events.some(({ result }) => result === 'Error')).toBe(true)
    expect(await insight.consoleLog(id, 10)).toContain('FAKE CONSOLE OUTPUT')
    expect(fake.requests.at(-1)?.json).toEqual({ 'os-getConsoleOutput': { length: 10 } })
  })

  it.each([
    ['diagnostics-fake', [17_300_000_000], 2_070_139, 140_208],
    ['diagnostics-fake-v21', [17_300_000_000], 2_070_139, 140_208],
  ])('tell what the hypervisor counts: %s', async (name, cpuTimesNs, receivedBytes, sentBytes) => {
    const { cloud } = open(new FakeCloud().replay('GET', `${servers}/${id}/diagnostics`, name))
    expect(await cloud.compute.servers.insight.diagnostics(id)).toMatchObject({
      cpuTimesNs,
      receivedBytes,
      sentBytes,
      diskReadBytes: 262_144,
      diskWrittenBytes: 5_778_432,
    })
  })

  it('of libvirt tell the same in both forms', async () => {
    const read = async (name: string): Promise<unknown> => {
      const { cloud } = open(new FakeCloud().replay('GET', `${servers}/${id}/diagnostics`, name))
      const { cpuTimesNs, diskReadBytes } = await cloud.compute.servers.insight.diagnostics(id)
      return { cpus: cpuTimesNs.length, hasDisk: diskReadBytes !== undefined }
    }
    expect(await read('qemu-diagnostics')).toEqual({ cpus: 1, hasDisk: true })
    expect(await read('qemu-diagnostics-v21')).toEqual({ cpus: 1, hasDisk: true })
  })

  it.each([
    ['diagnostics-member-403', 'forbidden'],
    ['diagnostics-stopped-409', 'conflict'],
  ])('do not tell it to everyone, or when stopped: %s', async (name, code) => {
    const { cloud } = open(new FakeCloud().replay('GET', `${servers}/${id}/diagnostics`, name))
    await expect(cloud.compute.servers.insight.diagnostics(id)).rejects.toMatchObject({ code })
  })

  it('with an id that would be another path are never asked for', async () => {
    const { cloud, fake } = open()
    for (const bad of ['', '.', '..']) {
      await expect(cloud.compute.servers.delete(bad)).rejects.toMatchObject({ code: 'invalid-options' })
    }
    expect(fake.requests.filter(({ method }) => method === 'DELETE')).toEqual([])
    await expect(cloud.compute.servers.get('a/b?c')).rejects.toBeInstanceOf(OpenStackError)
    expect(fake.requests.at(-1)?.url.pathname).toBe(`${servers}/a%2Fb%3Fc`)
  })

  it('are not taken to be none when a front answers with a page of its own', async () => {
    const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Please log in</html>' }
    for (const answer of [page, { status: 200, body: { hello: 'there' } }, { status: 200 }]) {
      const fake = new FakeCloud()
        .on('GET', `${servers}/detail`, answer)
        .on('GET', `${servers}/${id}`, answer)
        .on('POST', servers, answer)
      const { servers: nova } = open(fake).cloud.compute
      const badAnswer = { code: 'bad-answer', maybeDone: false, retryable: true }
      await expect(collect(nova.list())).rejects.toMatchObject(badAnswer)
      await expect(nova.get(id)).rejects.toMatchObject(badAnswer)
      await expect(nova.create({ name: 'a', flavorId: '1' })).rejects.toMatchObject({
        code: 'bad-answer',
        maybeDone: true,
      })
    }
  })

  it('whose list is cut short in its JSON are not taken to be fewer', async () => {
    const cut = {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"servers": [{"id": "1"}',
    }
    const { cloud } = open(new FakeCloud().on('GET', `${servers}/detail`, cut))
    await expect(collect(cloud.compute.servers.list())).rejects.toMatchObject({ code: 'bad-answer' })
  })
})
