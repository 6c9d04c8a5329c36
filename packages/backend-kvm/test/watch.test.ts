import type { InstanceChange } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { LibvirtError } from '@flotilla/libvirt'
import { describe, expect, it } from 'vitest'
import { FakeHypervisor } from './fakes/fake-hypervisor.js'
import { forever } from './helpers.js'
import { fakeKvm } from './kvm-kit.js'

interface Watched {
  readonly changes: InstanceChange[]
  readonly words: () => readonly string[]
  readonly end: () => Promise<void>
}

function watch(backend: ReturnType<typeof fakeKvm>, clock: FakeClock): Watched {
  const changes: InstanceChange[] = []
  const controller = new AbortController()
  const done = (async () => {
    for await (const change of backend.watch('web', { signal: controller.signal })) changes.push(change)
  })()
  return {
    changes,
    words: () => changes.map(({ what }) => what),
    async end() {
      controller.abort()
      await clock.runUntil(done)
    },
  }
}

describe('watch', () => {
  it('tells how machines of the group ended, and of nothing else', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock, options: { shutdownMs: 0 } })
    const launch = async (group: string, token: string): Promise<string> =>
      (await clock.runUntil(backend.launch({ group, token }, { signal: forever() }))).id
    const [crashed, panicked, off, destroyed, other] = [
      await launch('web', 'a'),
      await launch('web', 'b'),
      await launch('web', 'c'),
      await launch('web', 'd'),
      await launch('db', 'e'),
    ]
    const foreign = fake.addForeign('somebody')
    const watched = watch(backend, clock)
    await clock.advance(10)
    expect(watched.words()).toEqual([expect.stringMatching(/tells of changes from now on/)])
    fake.crash(crashed)
    fake.panic(panicked)
    fake.powerOff(off)
    await fake.domainDestroyFlags(fake.get(destroyed).ref)
    fake.crash(other)
    fake.crash(foreign)
    await clock.advance(10)
    expect(watched.words().slice(1)).toEqual([
      'failed: QEMU crashed or was killed',
      'the guest panicked',
      'crashed: the guest panicked',
      'powered off by the guest',
      'powered off',
      'destroyed by somebody',
    ])
    await watched.end()
    const listed = await clock.runUntil(backend.list('web', { signal: forever() }))
    expect(
      Object.fromEntries(listed.map(({ token, status, statusReason }) => [token, [status, statusReason]])),
    ).toEqual({
      a: ['failed', 'QEMU crashed or was killed'],
      b: ['failed', 'the guest panicked'],
      c: ['stopped', 'powered off by the guest'],
      d: ['stopped', 'somebody destroyed it'],
    })
  })

  it('tells a guest that powers itself off from a machine that somebody stops', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock, options: { shutdownMs: 0 } })
    for (const token of ['a', 'b', 'c'])
      await clock.runUntil(backend.launch({ group: 'web', token }, { signal: forever() }))
    const watched = watch(backend, clock)
    await clock.advance(10)
    const [a = '', b = '', c = ''] = fake.domains.keys()
    fake.beginPowerOff(a)
    fake.quit(b)
    fake.get(c).state = { state: 'shutdown', reason: 0 }
    await clock.advance(1000)
    const listed = await clock.runUntil(backend.list('web', { signal: forever() }))
    await watched.end()
    expect(
      Object.fromEntries(listed.map(({ token, status, statusReason }) => [token, [status, statusReason]])),
    ).toEqual({
      a: ['stopped', 'powered off by the guest'],
      b: ['stopped', 'QEMU was told to quit, by a signal on its host'],
      c: ['stopping', 'it is shutting down'],
    })
  })

  it('goes on after libvirtd was restarted, with a hint', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock })
    const watched = watch(backend, clock)
    await clock.advance(10)
    expect(watched.words()).toHaveLength(1)
    fake.goDown()
    await clock.advance(10)
    fake.comeBack()
    await clock.advance(10)
    expect(watched.words()).toHaveLength(2)
    expect(watched.words().at(-1)).toMatch(/tells of changes from now on/)
    const { id } = await clock.runUntil(backend.launch({ group: 'web', token: 'a' }, { signal: forever() }))
    await clock.advance(10)
    expect(watched.changes.at(-1)).toEqual({ instanceId: id, what: 'started' })
    await watched.end()
  })

  it('by several at once tells each of them, whenever it began', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock })
    const { id } = await clock.runUntil(backend.launch({ group: 'web', token: 'a' }, { signal: forever() }))
    const first = watch(backend, clock)
    await clock.advance(10)
    const second = watch(backend, clock)
    await clock.advance(10)
    fake.crash(id)
    await clock.advance(10)
    const told = [expect.stringMatching(/tells of changes from now on/), 'failed: QEMU crashed or was killed']
    expect(first.words()).toEqual(told)
    expect(second.words()).toEqual(told)
    await first.end()
    await second.end()
  })

  it('that libvirt refuses says so, and asks again', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const watched = watch(fakeKvm(fake, { clock }), clock)
    await clock.advance(10)
    fake.events.breakOff(new LibvirtError('no answer within 30000 ms', { kind: 'timeout' }))
    await clock.advance(10)
    expect(watched.words().at(-1)).toMatch(/no longer tells of changes: .*no answer within 30000 ms/)
    await clock.advance(60_000)
    expect(watched.words().at(-1)).toMatch(/tells of changes from now on/)
    await watched.end()
  })

  it('of several hypervisors goes on with the others when one is away', async () => {
    const clock = new FakeClock()
    const [one, two] = [
      new FakeHypervisor({ clock, uri: 'qemu+ssh://one/system' }),
      new FakeHypervisor({ clock, uri: 'qemu+ssh://two/system' }),
    ]
    const backend = fakeKvm([one, two], { clock })
    const launched = [
      await clock.runUntil(backend.launch({ group: 'web', token: 'a' }, { signal: forever() })),
      await clock.runUntil(backend.launch({ group: 'web', token: 'b' }, { signal: forever() })),
    ]
    const watched = watch(backend, clock)
    await clock.advance(10)
    one.goDown()
    const { id } = launched.find(({ zone }) => zone === 'two') ?? { id: '' }
    two.crash(id)
    await clock.advance(10)
    expect(watched.changes.at(-1)).toEqual({ instanceId: id, what: 'failed: QEMU crashed or was killed' })
    await watched.end()
  })

  it('of a connection without events is silent, and ends when asked', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    fake.lifecycleEvents = () => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => Promise.reject(new LibvirtError('not by virsh', { kind: 'unsupported' })),
      }),
    })
    const watched = watch(fakeKvm(fake, { clock }), clock)
    await clock.advance(600_000)
    expect(watched.changes).toEqual([])
    await watched.end()
  })

  it('makes the next list a new one', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock })
    const { id } = await clock.runUntil(backend.launch({ group: 'web', token: 'a' }, { signal: forever() }))
    const watched = watch(backend, clock)
    await clock.advance(1)
    const list = async (): Promise<string | undefined> =>
      (await clock.runUntil(backend.list('web', { signal: forever() })))[0]?.status
    expect(await list()).toBe('running')
    fake.crash(id)
    await clock.settle()
    expect(await list()).toBe('failed')
    await watched.end()
  })
})
