import { describe, expect, it } from 'vitest'
import { cloudTests, launchAll, signal } from './kit/cloud-tests.js'
import { novaFault } from './fake-cloud/fake-http.js'
import { addForeign } from './kit/openstack-kit.js'
import { fakeConnection } from './kit/openstack-kit.js'
import { OpenStackBackend } from '../src/backend.js'
import { readOptions } from '../src/options/settings.js'

describe('list', () => {
  const tests = cloudTests()

  it('asks once for all groups of a project, whatever their number', async () => {
    const { fake } = tests
    const connection = fakeConnection(fake, { cloud: { listMaxAgeMs: 60_000 } })
    const settings = readOptions({ image: 'web', flavor: 'm1.tiny', networks: ['net'] })
    const groups = ['one', 'two', 'three', 'four']
    const backends = groups.map(() => new OpenStackBackend(settings, { connection, isShared: true }))
    await Promise.all(
      backends.map(async (backend, index) =>
        backend.launch({ group: groups[index] ?? '', token: 't' }, { signal }),
      ),
    )
    // The first one sees the new servers by their tag, so that nothing needs looking for in BUILD.
    const before = fake.http.requests.filter(({ name }) => name === 'listServers').length
    for (const [index, backend] of backends.entries()) {
      expect(await backend.list(groups[index] ?? '', { signal })).toHaveLength(1)
    }
    const asked = fake.http.requests.filter(({ name }) => name === 'listServers').slice(before)
    expect(asked.map(({ query }) => query.get('tags') ?? query.get('status'))).toEqual(['BUILD', 'flotilla'])
    await connection.close()
  })

  it('reads every page', async () => {
    const { open } = tests
    const backend = open()
    const tokens = Array.from({ length: 45 }, (_, index) => `t${index}`)
    await Promise.all(tokens.map(async (token) => backend.launch({ group: 'web', token }, { signal })))
    expect((await backend.list('web', { signal })).map(({ token }) => token).toSorted()).toEqual(
      tokens.toSorted(),
    )
  })

  it('takes no word of a cloud that passes over filters for whose servers they are', async () => {
    const { fake, open } = tests
    addForeign(fake, { 'flotilla.group': 'web' })
    addForeign(fake, { 'flotilla.group': 'web', 'flotilla.token': 'x', 'flotilla.scope': 'other' })
    expect(await open().list('web', { signal })).toEqual([])
  })

  it('says of a server that is longer in BUILD than it may that it has failed', async () => {
    const { fake, open } = tests
    fake.buildMs = Infinity
    const backend = open({ options: { buildTimeoutMs: 1 } })
    await launchAll(backend, 'a')
    await expect
      .poll(async () => (await backend.list('web', { signal }))[0]?.status, { timeout: 5000 })
      .toBe('failed')
  })

  it('gives the floating address once the server runs', async () => {
    const { fake, open } = tests
    const backend = open({ options: { floatingIpFrom: 'public' } })
    await launchAll(backend, 'a')
    const [floating] = fake.floatingIps.values()
    expect(await backend.list('web', { signal })).toMatchObject([
      { status: 'running', address: { host: floating?.address, port: 8080 } },
    ])
    expect(fake.ports.get(floating?.portId ?? '')?.name).toBe('flotilla.web.a')
  })

  it('gives a card its subnet, security groups and further addresses', async () => {
    const { fake, open } = tests
    const card = {
      network: 'net',
      subnet: 'sub',
      securityGroups: ['web-sg'],
      allowedAddresses: ['10.9.0.0/16'],
    }
    await launchAll(open({ options: { networks: [card] } }), 'a')
    expect([...fake.ports.values()][0]?.body).toMatchObject({
      network_id: fake.networks[0]?.id,
      fixed_ips: [{ subnet_id: fake.subnets[0]?.id }],
      security_groups: [fake.securityGroups[0]?.id],
      allowed_address_pairs: [{ ip_address: '10.9.0.0/16' }],
    })
  })
})

describe('a name that several projects have', () => {
  const tests = cloudTests()

  it('is that of the own project, where an admin sees them all', async () => {
    const { fake, open } = tests
    fake.securityGroups.push(
      { id: 'theirs', name: 'default', project_id: 'q' },
      { id: 'ours', name: 'default', project_id: 'p' },
    )
    await launchAll(open({ options: { floatingIpFrom: 'public', securityGroups: ['default'] } }), 'a')
    expect([...fake.ports.values()][0]?.body).toMatchObject({ security_groups: ['ours'] })
  })

  it('is refused when the own project has none', async () => {
    const { fake, open } = tests
    fake.securityGroups.push(
      { id: 'theirs', name: 'default', project_id: 'q' },
      { id: 'others', name: 'default', project_id: 'r' },
    )
    const options = { floatingIpFrom: 'public', securityGroups: ['default'] }
    await expect(launchAll(open({ options }), 'a')).rejects.toMatchObject({ code: 'invalid-template' })
  })
})

describe('terminate', () => {
  const tests = cloudTests()

  it('follows each server to its end, and removes what was made for it', async () => {
    const { fake, open } = tests
    fake.deleteMs = 400
    const backend = open({ options: { floatingIpFrom: 'public' } })
    const ids = await launchAll(backend, 'a', 'b', 'c')
    const { done, failed } = await backend.terminate('web', ids, { signal })
    expect([done.toSorted(), failed]).toEqual([ids.toSorted(), []])
    expect([fake.servers.size, fake.ports.size, fake.floatingIps.size]).toEqual([0, 0, 0])
  })

  it('removes what belongs to a server also when the template knows of none any more', async () => {
    const { fake, open } = tests
    const ids = await launchAll(open({ options: { floatingIpFrom: 'public' } }), 'a')
    await open().terminate('web', ids, { signal })
    expect([fake.ports.size, fake.floatingIps.size]).toEqual([0, 0])
  })

  it('lists a server that Nova has forgotten until its port is removed too, and tries that again', async () => {
    const { fake, open } = tests
    const backend = open({ options: { floatingIpFrom: 'public' } })
    const [id = ''] = await launchAll(backend, 'a')
    const refusal = { kind: 'answer', answer: novaFault(409, 'the port is in use') } as const
    fake.http.arm('deletePort', refusal)
    const { failed } = await backend.terminate('web', [id], { signal })
    expect(failed).toMatchObject([{ id, error: { code: 'conflict' } }])
    expect([...fake.servers.values()].filter(({ deletedMs }) => deletedMs === undefined)).toEqual([])
    expect(await backend.list('web', { signal })).toMatchObject([{ id, status: 'stopping' }])
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect([await backend.list('web', { signal }), fake.ports.size]).toEqual([[], 0])
  })

  it('leaves a locked server alone and reports it', async () => {
    const { fake, open } = tests
    const backend = open()
    const [id = ''] = await launchAll(backend, 'a')
    const server = fake.servers.get(id)
    if (server !== undefined) server.isLocked = true
    const { done, failed } = await backend.terminate('web', [id], { signal })
    expect(done).toEqual([])
    expect(failed).toMatchObject([{ id, error: { code: 'conflict', retryable: false } }])
    expect(failed[0]?.error.message).toMatch(/left alone: it is locked/)
    expect((await backend.list('web', { signal }))[0]?.statusReason).toMatch(/; locked$/)
  })

  it.each(['cut', 'cut-after'] as const)('ends a server whose delete was %s', async (kind) => {
    const { fake, open } = tests
    const backend = open()
    const ids = await launchAll(backend, 'a')
    fake.http.arm('deleteServer', { kind })
    expect((await backend.terminate('web', ids, { signal })).done).toEqual(ids)
    expect(fake.servers.size).toBe(0)
  })

  it('asks again while something else is done to the server', async () => {
    const { fake, open } = tests
    const backend = open()
    const ids = await launchAll(backend, 'a')
    const text = "Cannot 'delete' instance while it is in task_state rebuilding"
    fake.http.arm('deleteServer', { kind: 'answer', answer: novaFault(409, text, 'conflictingRequest') })
    expect((await backend.terminate('web', ids, { signal })).done).toEqual(ids)
  })

  it('asks again where Nova forgot the end of a server that failed, and reports one that fails to end', async () => {
    const { fake, open } = tests
    fake.room = { nova: 0 }
    const backend = open()
    const [forgotten = '', stuck = ''] = await launchAll(backend, 'a', 'b')
    fake.forgottenDeletes = 1
    expect((await backend.terminate('web', [forgotten], { signal })).done).toEqual([forgotten])
    fake.forgottenDeletes = Infinity
    const { failed } = await backend.terminate('web', [stuck], { signal })
    expect(failed).toMatchObject([{ id: stuck, error: { code: 'unknown' } }])
    expect(failed[0]?.error.message).toMatch(/came to ERROR instead: No valid host/)
  })

  it('reports a server that does not go within the bound', async () => {
    const { fake, open } = tests
    fake.deleteMs = Infinity
    const backend = open({ options: { terminateTimeoutMs: 100 } })
    const ids = await launchAll(backend, 'a')
    const { failed } = await backend.terminate('web', ids, { signal })
    expect(failed).toMatchObject([{ id: ids[0], error: { code: 'timeout' } }])
    expect((await backend.list('web', { signal }))[0]?.status).toBe('stopping')
  })
})

describe('usage', () => {
  const tests = cloudTests()

  it('is absent with the reason where diagnostics are not allowed', async () => {
    const { fake, open } = tests
    fake.isAdmin = false
    const backend = open({ options: { usage: 'diagnostics' } })
    await launchAll(backend, 'a')
    const readings = await backend.usage?.(await backend.list('web', { signal }), { signal })
    expect(readings).toMatchObject([
      { name: 'cpu', kind: 'absent', reason: expect.stringMatching(/Policy doesn't allow/) },
      { name: 'memory', kind: 'absent' },
    ])
  })

  it('is not given unless asked for', () => {
    const backend = tests.open()
    expect([backend.supports.usage, backend.usage]).toEqual([false, undefined])
  })
})
