import { describe, expect, it } from 'vitest'
import { OpenStackError } from '../../src/openstack-error.js'
import { waitFor } from '../../src/time/wait-for.js'
import { FakeClock } from '../kit/fake-clock.js'
import { FakeCloud, recorded } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'
import { fixture } from '../kit/fixture.js'
import { thrownBy } from '../kit/thrown-by.js'

const uuid = 'fcd843b7-9dda-4ee8-9fec-294062f44049'
const at = `/compute/v2.1/servers/${uuid}`
const wait = { what: 'it', service: 'compute' }

describe('a wait', () => {
  it('looks less and less often, and gives what it saw last', async () => {
    const clock = new FakeClock()
    let looks = 0
    const read = async (): Promise<number> => (looks += 1)
    const done = (value: number): boolean => value === 8
    const work = waitFor(
      { clock, random: () => 0.5 },
      { ...wait, read, done, delayMs: 1000, maxDelayMs: 4000 },
    )
    expect(await clock.run(work)).toBe(8)
    expect(clock.slept).toEqual([1000, 1500, 2250, 3375, 4000, 4000, 4000])
  })

  it('ends at its bound, and says what kept failing', async () => {
    const clock = new FakeClock()
    const down = new OpenStackError('unavailable', 'nova is down', { retryable: true })
    const read = async (): Promise<number> => {
      throw down
    }
    const work = waitFor({ clock, random: () => 0.5 }, { ...wait, read, done: () => true, timeoutMs: 60_000 })
    const error: unknown = await clock.run(work).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'timeout',
      message: 'compute: wait for it: not so within 60000 ms',
      cause: down,
    })
    expect(clock.monotonic()).toBe(60_000)
  })

  it('ends at its bound when a look never ends', async () => {
    const clock = new FakeClock()
    const work = waitFor(
      { clock, random: () => 0.5 },
      { ...wait, read: () => new Promise<never>(() => {}), done: () => true, timeoutMs: 5000 },
    )
    await expect(clock.run(work)).rejects.toMatchObject({ code: 'timeout' })
  })

  it('ends at once with what another look will not mend, and with its signal’s own reason', async () => {
    const clock = new FakeClock()
    const context = { clock, random: () => 0.5 }
    const refuse = async (): Promise<never> => {
      throw new OpenStackError('forbidden', 'no')
    }
    await expect(waitFor(context, { ...wait, read: refuse, done: () => true })).rejects.toThrow('no')
    const stop = new AbortController()
    const work = waitFor(context, { ...wait, read: async () => 1, done: () => false, signal: stop.signal })
    const ended = thrownBy(work)
    await clock.advance(100)
    stop.abort(new Error('enough'))
    expect(await ended).toMatchObject({ message: 'enough' })
  })
})

describe('waiting for a server', () => {
  const setUp = (...names: readonly string[]) => {
    const clock = new FakeClock()
    const fake = new FakeCloud().replay('GET', at, names.at(-1) ?? '')
    fake.now = () => clock.now()
    if (names.length > 1) fake.once('GET', at, ...names.slice(0, -1).map(recorded))
    return { clock, fake, servers: open(fake, { clock }).cloud.compute.servers }
  }

  it('ends when it is ACTIVE', async () => {
    const { clock, servers, fake } = setUp('server-get-shutoff', 'server-get-shutoff', 'server-get-active')
    expect(await clock.run(servers.waitFor(uuid, 'ACTIVE'))).toMatchObject({ status: 'ACTIVE' })
    expect(fake.seen(at)).toHaveLength(3)
  })

  it('to be gone does not end with the status DELETED, in which Nova still takes a DELETE', async () => {
    const { clock, servers, fake } = setUp('server-get-404')
    const { server } = fixture('server-get-active').response.body as { server: object }
    fake.once('GET', at, { status: 200, body: { server: { ...server, status: 'DELETED' } } })
    await clock.run(servers.waitUntilGone(uuid))
    expect(fake.seen(at)).toHaveLength(2)
  })

  it('does not take one for ACTIVE that is being deleted', async () => {
    const { clock, servers } = setUp('server-get-deleting')
    await expect(clock.run(servers.waitFor(uuid, 'ACTIVE', { timeoutMs: 10_000 }))).rejects.toMatchObject({
      code: 'timeout',
    })
  })

  it('fails with Nova’s reason when it comes to ERROR, unless that is what is wanted', async () => {
    const { clock, servers } = setUp('no-valid-host-server-error')
    await expect(clock.run(servers.waitFor(uuid, 'ACTIVE'))).rejects.toMatchObject({
      code: 'failed',
      fault: 'No valid host was found.',
    })
    expect(await clock.run(servers.waitFor(uuid, 'ERROR'))).toMatchObject({ status: 'ERROR' })
    const isError = servers.waitFor(uuid, ({ status }) => status === 'ERROR')
    expect(await clock.run(isError)).toMatchObject({ status: 'ERROR' })
  })

  it.each(['DELETED', 'SOFT_DELETED'])(
    'fails at once when it is %s, unless that is wanted',
    async (status) => {
      const { clock, servers, fake } = setUp('server-get-404')
      const { server } = fixture('server-get-active').response.body as { server: object }
      const answer = { status: 200, body: { server: { ...server, status } } }
      fake.once('GET', at, answer, answer)
      await expect(clock.run(servers.waitFor(uuid, 'ACTIVE'))).rejects.toMatchObject({ code: 'failed' })
      expect(fake.seen(at)).toHaveLength(1)
      expect(await clock.run(servers.waitFor(uuid, status))).toMatchObject({ status })
    },
  )

  it('to be gone ends where the cloud keeps it to be restored, and fails when it came to ERROR', async () => {
    const { clock, servers, fake } = setUp('no-valid-host-server-error')
    const { server } = fixture('server-get-active').response.body as { server: object }
    fake.once('GET', at, { status: 200, body: { server: { ...server, status: 'SOFT_DELETED' } } })
    await clock.run(servers.waitUntilGone(uuid))
    await expect(clock.run(servers.waitUntilGone(uuid))).rejects.toMatchObject({ code: 'failed' })
  })

  it('to be gone ends with the 404', async () => {
    const { clock, servers, fake } = setUp('server-get-active', 'server-get-deleting', 'server-get-404')
    await clock.run(servers.waitUntilGone(uuid))
    expect(fake.seen(at)).toHaveLength(3)
  })

  it('goes on over a failure that passes', async () => {
    const { clock, servers, fake } = setUp('server-get-active')
    fake.once('GET', at, ...Array.from({ length: 7 }, () => ({ status: 503 })))
    expect(await clock.run(servers.waitFor(uuid, 'ACTIVE'))).toMatchObject({ status: 'ACTIVE' })
  })
})

describe('waiting for an image', () => {
  it('ends when it is active, and fails when it is killed', async () => {
    const clock = new FakeClock()
    const image = (status: string) => ({ status: 200, body: { id: 'i', name: 'n', status } })
    const fake = new FakeCloud().on('GET', '/image/v2/images/i', image('active'))
    fake.now = () => clock.now()
    fake.once('GET', '/image/v2/images/i', image('queued'), image('saving'))
    const { cloud } = open(fake, { clock })
    expect(await clock.run(cloud.image.waitUntilActive('i'))).toMatchObject({ status: 'active' })
    fake.on('GET', '/image/v2/images/i', image('killed'))
    await expect(clock.run(cloud.image.waitUntilActive('i'))).rejects.toMatchObject({ code: 'failed' })
    expect(fixture('images-list').what).toBe('images, paged')
  })
})
