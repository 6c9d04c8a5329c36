import type { Instance } from '@flotilla/core'
import { FakeClock, inFakeTime, testBackend } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import type { KvmBackend } from '../../src/backend.js'
import { libvirtError } from '../fakes/fake-errors.js'
import { FakeHypervisor } from '../fakes/fake-hypervisor.js'
import { forever } from '../helpers.js'
import { fakeKvm, fakeKvmKit, leftoversOf, without } from '../kvm-kit.js'

const suiteClock = new FakeClock()
const kit = fakeKvmKit({ clock: suiteClock, hostCount: 3 })
testBackend(inFakeTime({ describe, it }, suiteClock), 'kvm on three hypervisors', {
  ...kit,
  async make() {
    const under = await kit.make()
    // What goes wrong with one of several is made up for by the others: that has cases of its own below.
    return without(under, 'loseReply', 'failNext', 'hangNext')
  },
})

interface Rig {
  readonly one: FakeHypervisor
  readonly two: FakeHypervisor
  readonly clock: FakeClock
  readonly backend: KvmBackend
  readonly open: () => KvmBackend
  readonly launch: (token: string) => Promise<Instance>
  readonly list: (backend?: KvmBackend) => Promise<readonly Instance[]>
}

function rig(options: Parameters<typeof fakeKvm>[1] = {}): Rig {
  const clock = new FakeClock()
  const one = new FakeHypervisor({ uri: 'qemu+ssh://one/system', clock })
  const two = new FakeHypervisor({ uri: 'qemu+ssh://two/system', clock })
  const open = (): KvmBackend => fakeKvm([one, two], { clock, timeoutMs: 5000, ...options })
  const backend = open()
  return {
    one,
    two,
    clock,
    backend,
    open,
    launch: async (token) => clock.runUntil(backend.launch({ group: 'web', token }, { signal: forever() })),
    list: async (by = backend) => clock.runUntil(by.list('web', { signal: forever() })),
  }
}

describe('several hypervisors', () => {
  it('share the machines of a group, and each machine says where it is', async () => {
    const { one, two, launch } = rig()
    const zones: (string | undefined)[] = []
    for (const token of ['a', 'b', 'c', 'd']) zones.push((await launch(token)).zone)
    expect([one.domains.size, two.domains.size]).toEqual([2, 2])
    expect(new Set(zones)).toEqual(new Set(['one', 'two']))
  })

  for (const [name, isMeasured] of [
    ['before their load was measured', false],
    ['once their load is measured', true],
  ] as const) {
    it(`share launches that begin at the same moment, ${name}`, async () => {
      const { one, two, clock, backend, launch } = rig({ options: { placement: { clonesInFlight: 8 } } })
      if (isMeasured) {
        for (const token of ['x', 'y']) await launch(token)
        await clock.advance(70_000)
        await clock.runUntil(backend.list('web', { signal: forever() }))
      }
      const before = [one.domains.size, two.domains.size]
      const tokens = ['a', 'b', 'c', 'd', 'e', 'f']
      await clock.runUntil(
        Promise.all(
          tokens.map(async (token) => backend.launch({ group: 'web', token }, { signal: forever() })),
        ),
      )
      expect([one, two].map(({ domains }, index) => domains.size - (before[index] ?? 0))).toEqual([3, 3])
    })
  }

  it('are not given more at the same moment than one has memory for', async () => {
    const { one, two, clock, backend } = rig()
    one.freeKib = (512n + 256n) * 1024n
    two.freeKib = (512n + 256n) * 1024n
    const outcomes = await clock.runUntil(
      Promise.allSettled(
        ['a', 'b', 'c'].map(async (token) => backend.launch({ group: 'web', token }, { signal: forever() })),
      ),
    )
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect([one.domains.size, two.domains.size]).toEqual([1, 1])
  })

  it('are filled one after the other when packed', async () => {
    const { one, two, launch } = rig({
      options: { placement: { strategy: 'pack' }, vcpus: 1, memoryMib: 128 },
    })
    for (const token of ['a', 'b', 'c']) await launch(token)
    expect([one.domains.size, two.domains.size]).toEqual([3, 0])
  })

  const troubles: readonly (readonly [name: string, arrange: (one: FakeHypervisor) => void])[] = [
    [
      'is out of memory',
      (one) => {
        one.freeKib = 0n
      },
    ],
    [
      'has a full pool',
      (one) => {
        one.pool.isFull = true
      },
    ],
    [
      'has its network down',
      (one) => {
        one.network.isActive = false
      },
    ],
    [
      'cannot start it for want of memory',
      (one) =>
        one.arm('domainCreateWithFlags', {
          kind: 'fail',
          error: libvirtError(1, 10, 'Cannot allocate memory'),
        }),
    ],
    ['has no golden image', (one) => one.pool.volumes.clear()],
    ['does not answer', (one) => one.arm('domainDefineXmlFlags', { kind: 'hang' })],
  ]
  for (const [name, arrange] of troubles) {
    it(`take a launch on from one that ${name}`, async () => {
      const { one, two, launch } = rig()
      // Otherwise the first would be as good as the second.
      two.freeKib = 5n * 1024n * 1024n
      arrange(one)
      expect((await launch('a')).zone).toBe('two')
      expect(leftoversOf(one)).toEqual([])
    })
  }

  it('of which one cannot launch still show what runs there as it is', async () => {
    const { one, two, clock, launch, list } = rig()
    await launch('a')
    await launch('b')
    expect([one.domains.size, two.domains.size]).toEqual([1, 1])
    one.network.isActive = false
    two.freeKib = 2n * 1024n * 1024n
    await clock.advance(61_000)
    expect((await launch('c')).zone).toBe('two')
    expect((await list()).map(({ status }) => status)).toEqual(['running', 'running', 'running'])
  })

  it('do not take a launch on that no hypervisor could do', async () => {
    const { one, two, launch } = rig()
    one.pool.volumes.clear()
    two.pool.volumes.clear()
    await expect(launch('a')).rejects.toMatchObject({ code: 'invalid-template' })
  })

  it('say of each why it would not do when none would', async () => {
    const { one, two, launch } = rig()
    one.pool.isFull = true
    two.freeKib = 0n
    await expect(launch('a')).rejects.toMatchObject({
      code: 'no-capacity',
      message: expect.stringMatching(/No space left.*|two.*no room.*/s),
    })
  })

  it('of which one is down show its machines as unknown, and not as gone', async () => {
    const { one, two, clock, launch, list } = rig()
    for (const token of ['a', 'b', 'c', 'd']) await launch(token)
    await clock.advance(1000)
    await list()
    one.goDown()
    await clock.advance(1000)
    const { domains } = two
    for (let round = 0; round < 3; round += 1) {
      const listed = await list()
      expect(listed).toHaveLength(4)
      for (const instance of listed) {
        expect(instance.status).toBe(domains.has(instance.id) ? 'running' : 'unknown')
        expect(instance.address?.port).toBe(8080)
        if (instance.status === 'unknown') expect(instance.statusReason).toMatch(/does not answer.*one/)
      }
    }
  })

  it('of which one is down take launches, and that one is asked again only with growing pauses', async () => {
    const { one, two, clock, launch, list } = rig()
    await launch('a')
    await list()
    one.goDown()
    await clock.advance(1000)
    const before = one.calls.made.length
    for (const token of ['b', 'c', 'd', 'e']) expect((await launch(token)).zone).toBe('two')
    for (let tick = 0; tick < 60; tick += 1) {
      await clock.advance(1000)
      await list()
    }
    expect(one.calls.made.length - before).toBeLessThan(12)
    one.comeBack()
    await clock.advance(60_000)
    expect((await list()).every(({ status }) => status === 'running')).toBe(true)
    expect(two.domains.size).toBe(4)
  })

  it('of which one was never seen tell nothing, for anything could be there', async () => {
    const { one, open, launch, list } = rig()
    await launch('a')
    one.goDown()
    await expect(list(open())).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/never seen/),
    })
  })

  it('that are all down reject', async () => {
    const { one, two, clock, launch, list } = rig()
    await launch('a')
    one.goDown()
    two.goDown()
    await clock.advance(1000)
    await expect(list()).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('of which one is down do not call a machine terminated that may be there', async () => {
    const { one, two, clock, backend, launch, list } = rig()
    const [a, b] = [await launch('a'), await launch('b')]
    await list()
    one.goDown()
    const report = await clock.runUntil(
      backend.terminate('web', [a.id, b.id, '00000000-0000-4000-8000-000000000000'], { signal: forever() }),
    )
    const onTwo = [a, b].filter(({ zone }) => zone === 'two').map(({ id }) => id)
    expect(report.done).toEqual(onTwo)
    expect(report.failed.map(({ error }) => error.code)).toEqual(['unavailable', 'unavailable'])
    // The other one may use its disk, for all that is known: what is left of it goes once that has been asked.
    expect([...two.domains.values()].map(({ isActive }) => isActive)).toEqual([false])
    expect((await list()).map(({ zone }) => zone)).toEqual(['one'])
    expect(
      backend
        .problems('web')
        .map(({ message }) => message)
        .join('\n'),
    ).toContain('somebody there may use it')
    one.comeBack()
    for (let tick = 0; tick < 5; tick += 1) {
      await clock.advance(61_000)
      await list()
    }
    await clock.settle()
    expect(leftoversOf(two)).toEqual([])
    expect(backend.problems('web')).toEqual([])
  })

  it('end with one machine of a token whose first hypervisor gave no answer, and came back', async () => {
    const { one, two, clock, launch, list, backend } = rig({ options: { orphanAfterMs: 60_000 } })
    two.freeKib = 5n * 1024n * 1024n
    await list()
    one.arm('domainCreateWithFlags', { kind: 'hang-after' })
    const launched = await launch('a')
    expect(launched.zone).toBe('two')
    expect(one.domains.size).toBe(1)
    await clock.advance(10_000)
    expect((await list()).map(({ id }) => id)).toEqual([launched.id])
    for (let tick = 0; tick < 20; tick += 1) {
      await clock.advance(15_000)
      expect((await list()).map(({ id }) => id)).toEqual([launched.id])
    }
    await clock.settle()
    expect(leftoversOf(one)).toEqual([])
    await clock.runUntil(backend.terminate('web', [launched.id], { signal: forever() }))
    expect(leftoversOf(two)).toEqual([])
  })
})
