import { describe, expect, it } from 'vitest'
import type { Probe } from '@flotilla/core'
import type { OpenStackBackend } from '../../src/backend.js'
import { cloudTests, launchAll, signal } from '../kit/cloud-tests.js'
import { hurriedClock } from '../kit/hurried-clock.js'
import type { OpenStackOptions, WarmPoolOptions } from '../../src/options/options.js'
import type { FakeCloud } from '../fake-cloud/fake-cloud.js'
import type { Opened } from '../kit/openstack-kit.js'

const statuses = (fake: FakeCloud): readonly string[] =>
  [...fake.servers.values()].map(({ status }) => status).toSorted()

/** Lists until the spares are as wanted: each list looks after the pool, once in two seconds of the clock. */
const until = async (
  backend: OpenStackBackend,
  fake: FakeCloud,
  wanted: readonly string[],
): Promise<void> => {
  let last = ''
  await expect
    .poll(
      async () => {
        await backend.list('web', { signal })
        // Twice in a row: the reply of what the fake has done may still be on its way.
        const before = last
        last = statuses(fake).join()
        return before === last ? statuses(fake) : []
      },
      { timeout: 15_000, interval: 50 },
    )
    .toEqual(wanted)
}

/** A guest of the fake answers nothing: this one is ready when it says so. */
const ready = (isReady: () => boolean = () => true): Probe => ({
  name: 'told',
  check: async () => (isReady() ? { healthy: true } : { healthy: false, reason: 'it boots' }),
})

/** With a floating address, since the fake gives no other by itself. */
const withPool = (warmPool: WarmPoolOptions, more: Partial<OpenStackOptions> = {}): Opened => ({
  options: { floatingIpFrom: 'public', warmPool: { ready: ready(), ...warmPool }, ...more },
  cloud: { timeoutMs: 50_000 },
  clock: hurriedClock,
})

describe('the warm pool', () => {
  const tests = cloudTests()
  let readyAtMs = 0

  it.each([
    ['stopped', 'SHUTOFF'],
    ['paused', 'PAUSED'],
    ['shelved', 'SHELVED_OFFLOADED'],
  ] as const)('keeps spares %s, and a launch takes one', async (kind, asleep) => {
    const { fake, open } = tests
    const backend = open(withPool({ size: 2, kind }))
    expect(await backend.list('web', { signal })).toEqual([])
    await until(backend, fake, [asleep, asleep])
    expect(await backend.list('web', { signal })).toEqual([])
    const spares = [...fake.servers.keys()]
    const [id = ''] = await launchAll(backend, 'a')
    // The pool makes another as soon as one is taken, so how many were made tells nothing.
    expect(spares).toContain(id)
    expect(await backend.list('web', { signal })).toMatchObject([{ id, token: 'a', status: 'running' }])
    expect((await backend.launch({ group: 'web', token: 'a' }, { signal })).id).toBe(id)
    await until(backend, fake, ['ACTIVE', asleep, asleep].toSorted())
    await backend.endGroup('web', { signal })
    expect(statuses(fake)).toEqual(['ACTIVE'])
    await backend.terminate('web', [id], { signal })
    expect([fake.servers.size, fake.ports.size, fake.floatingIps.size]).toEqual([0, 0, 0])
  })

  it.each([
    ['until it is ready', { ready: ready(() => hurriedClock.monotonic() >= readyAtMs) }],
    ['no longer than its bound', { ready: ready(() => false), bootTimeoutMs: 6000 }],
  ])('leaves a spare running %s', async (_, given) => {
    const { fake, open } = tests
    readyAtMs = hurriedClock.monotonic() + 6000
    const backend = open(withPool({ size: 1, kind: 'paused', ...given }))
    await until(backend, fake, ['ACTIVE'])
    await until(backend, fake, ['PAUSED'])
    expect(hurriedClock.monotonic()).toBeGreaterThanOrEqual(readyAtMs)
  })

  it('gives two launches at one time two spares', async () => {
    const { fake, open } = tests
    const backend = open(withPool({ size: 2 }))
    await until(backend, fake, ['SHUTOFF', 'SHUTOFF'])
    const [a, b] = await Promise.all(
      ['a', 'b'].map(async (token) => backend.launch({ group: 'web', token }, { signal })),
    )
    expect(a?.id).not.toBe(b?.id)
    expect(fake.http.count('createServer')).toBe(2)
  })

  it('wakes a spare whose taker died before it did', async () => {
    const { fake, open } = tests
    const backend = open(withPool({ size: 1 }))
    await until(backend, fake, ['SHUTOFF'])
    const [spare] = fake.servers.values()
    if (spare === undefined) throw new Error('no spare')
    spare.metadata = {
      ...spare.metadata,
      'flotilla.token': 'a',
      'flotilla.role': 'waking',
    }
    const { id } = await open(withPool({ size: 0 })).launch({ group: 'web', token: 'a' }, { signal })
    expect([id, spare.status]).toEqual([spare.id, 'ACTIVE'])
  })

  it('has no stopped instance in a spare that Nova still lists as asleep after it was woken', async () => {
    const { fake, open } = tests
    const backend = open(withPool({ size: 1 }))
    await until(backend, fake, ['SHUTOFF'])
    const [spare] = fake.servers.values()
    if (spare === undefined) throw new Error('no spare')
    expect(await backend.launch({ group: 'web', token: 'a' }, { signal })).toMatchObject({
      id: spare.id,
      status: 'pending',
    })
    spare.status = 'SHUTOFF'
    expect(await backend.list('web', { signal })).toMatchObject([{ id: spare.id, status: 'pending' }])
  })

  it('replaces spares of another template', async () => {
    const { fake, open } = tests
    const old = open(withPool({ size: 1 }))
    await until(old, fake, ['SHUTOFF'])
    const [before] = fake.servers.keys()
    await old.close()
    const backend = open(withPool({ size: 1 }, { userData: 'new' }))
    await expect
      .poll(
        async () => {
          await backend.list('web', { signal })
          return (
            [...fake.servers.keys()].filter((id) => id !== before).length +
            (fake.servers.has(before ?? '') ? 10 : 0)
          )
        },
        { timeout: 15_000, interval: 50 },
      )
      .toBe(1)
  })
})
