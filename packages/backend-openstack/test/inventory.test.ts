import { describe, expect, it } from 'vitest'
import { cloudTests, launchAll, signal } from './kit/cloud-tests.js'
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
