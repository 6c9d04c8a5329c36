import { describe, expect, it } from 'vitest'
import { cloudTests, launchAll, signal } from '../kit/cloud-tests.js'
import { hurriedClock } from '../kit/hurried-clock.js'
import type { OpenStackBackend } from '../../src/backend.js'
import type { FakeCloud } from '../fake-cloud/fake-cloud.js'
import type { Opened } from '../kit/openstack-kit.js'

const withPool = (size = 1): Opened => ({
  cloud: { timeoutMs: 50_000 },
  clock: hurriedClock,
  options: {
    floatingIpFrom: 'public',
    warmPool: { size, ready: { name: 'told', check: async () => ({ healthy: true }) } },
  },
})

const everything = (fake: FakeCloud): readonly number[] => [
  fake.servers.size,
  fake.ports.size,
  fake.floatingIps.size,
]

/** Lists, as a controller does, until the spares sleep. */
const untilAsleep = async (backend: OpenStackBackend, fake: FakeCloud): Promise<void> => {
  await expect
    .poll(
      async () => {
        await backend.list('web', { signal })
        return [...fake.servers.values()].map(({ status }) => status)
      },
      { timeout: 20_000, interval: 50 },
    )
    .toEqual(['SHUTOFF'])
}

describe('the end of a group with a warm pool', () => {
  const tests = cloudTests()

  it.each(['createServer', 'createPort', 'createFloatingIp'])(
    'leaves nothing of a spare whose %s is under way',
    async (route) => {
      const { fake, open } = tests
      fake.http.slowMs.set(route, 600)
      const backend = open(withPool(2))
      await backend.list('web', { signal })
      await expect.poll(() => fake.http.count(route)).toBe(1)
      const { failed } = await backend.endGroup('web', { signal })
      expect(failed).toEqual([])
      expect(everything(fake)).toEqual([0, 0, 0])
      const made = fake.http.count('createServer')
      await backend.list('web', { signal })
      await backend.close()
      expect([everything(fake), fake.http.count('createServer')]).toEqual([[0, 0, 0], made])
    },
  )

  it('leaves nothing of a spare that is being put to sleep', async () => {
    const { fake, open } = tests
    fake.http.slowMs.set('act', 800)
    const backend = open(withPool())
    await expect
      .poll(
        async () => {
          await backend.list('web', { signal })
          return fake.http.count('act')
        },
        { timeout: 20_000, interval: 50 },
      )
      .toBe(1)
    const { done, failed } = await backend.endGroup('web', { signal })
    expect([done.length, failed, everything(fake)]).toEqual([1, [], [0, 0, 0]])
  })

  it('reports a locked spare with its reason, and ends the others', async () => {
    const { fake, open } = tests
    const backend = open(withPool())
    await untilAsleep(backend, fake)
    const [spare] = fake.servers.values()
    if (spare === undefined) throw new Error('no spare')
    spare.isLocked = true
    const { done, failed } = await backend.endGroup('web', { signal })
    expect([done, fake.servers.size]).toEqual([[], 1])
    expect(failed).toMatchObject([{ id: spare.id, error: { code: 'conflict', message: /is locked/ } }])
    spare.isLocked = false
    expect((await backend.endGroup('web', { signal })).failed).toEqual([])
    expect(everything(fake)).toEqual([0, 0, 0])
  })

  it('waits for a launch that is taking a spare, which becomes an instance', async () => {
    const { fake, open } = tests
    const backend = open(withPool())
    await untilAsleep(backend, fake)
    fake.http.slowMs.set('setMetadata', 500)
    const launching = launchAll(backend, 'a')
    await expect.poll(() => fake.http.count('setMetadata')).toBe(1)
    const { done, failed } = await backend.endGroup('web', { signal })
    const [id = ''] = await launching
    expect([done, failed]).toEqual([[], []])
    expect(await backend.list('web', { signal })).toMatchObject([{ id, token: 'a' }])
    expect((await backend.terminate('web', [id], { signal })).done).toEqual([id])
    expect(everything(fake)).toEqual([0, 0, 0])
  })

  it('takes a server along that came of a launch whose caller gave up, and that no list has shown', async () => {
    const { fake, open } = tests
    const backend = open({ options: { floatingIpFrom: 'public' } })
    fake.http.slowMs.set('createServer', 2500)
    const giveUp = new AbortController()
    const launching = backend.launch({ group: 'web', token: 'a' }, { signal: giveUp.signal })
    await expect.poll(() => fake.http.count('createServer')).toBe(1)
    giveUp.abort(new Error('given up'))
    await expect(launching).rejects.toThrow('given up')
    const { done, failed } = await backend.endGroup('web', { signal })
    expect([done.length, failed, everything(fake)]).toEqual([1, [], [0, 0, 0]])
  })

  it('goes on when its caller gives up, and close waits for it', async () => {
    const { fake, open } = tests
    const backend = open(withPool())
    await untilAsleep(backend, fake)
    fake.http.slowMs.set('deleteServer', 400)
    await expect(backend.endGroup('web', { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    await backend.close()
    expect(everything(fake)).toEqual([0, 0, 0])
  })

  it('is no end for good: a group of which one is launched again has its pool again', async () => {
    const { fake, open } = tests
    const backend = open(withPool())
    await untilAsleep(backend, fake)
    await backend.endGroup('web', { signal })
    await launchAll(backend, 'a')
    await expect
      .poll(
        async () => {
          await backend.list('web', { signal })
          return fake.servers.size
        },
        { timeout: 20_000, interval: 50 },
      )
      .toBe(2)
  })

  it('tells what keeps the pool from its size, until it has it', async () => {
    const { fake, open } = tests
    fake.quota = { ...fake.quota, instances: 0 }
    const backend = open({ ...withPool(), options: { ...withPool().options, pauseMs: 10 } })
    await backend.list('web', { signal })
    await expect
      .poll(() => backend.problems('web').map(({ about, error }) => [about, error?.code]))
      .toEqual([['warm pool', 'quota-exceeded']])
    fake.quota = { ...fake.quota, instances: 10 }
    await untilAsleep(backend, fake)
    expect(backend.problems('web')).toEqual([])
  })
})
