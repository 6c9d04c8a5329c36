import type { Instance } from '@flotilla/core'
import { FakeClock, inFakeTime, testBackend } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import type { KvmBackend } from '../../src/backend.js'
import { readOwner } from '../../src/labels.js'
import type { KvmOptions, WarmPoolOption } from '../../src/options/kvm-options.js'
import { libvirtError } from '../fakes/fake-errors.js'
import { FakeHypervisor } from '../fakes/fake-hypervisor.js'
import { forever } from '../helpers.js'
import { fakeKvm, fakeKvmKit, leftoversOf, without } from '../kvm-kit.js'

const suiteClock = new FakeClock()

const kit = fakeKvmKit({ clock: suiteClock, options: { address: 'none', warmPool: { size: 2 } } })

interface Rig {
  readonly fake: FakeHypervisor
  readonly clock: FakeClock
  readonly open: (warmPool?: WarmPoolOption, options?: Partial<KvmOptions>) => KvmBackend
  readonly tick: (backend: KvmBackend) => Promise<readonly Instance[]>
  readonly waiting: () => readonly string[]
  readonly launch: (backend: KvmBackend, token: string) => Promise<Instance>
}

function rig(): Rig {
  const clock = new FakeClock()
  const fake = new FakeHypervisor({ clock })
  return {
    fake,
    clock,
    open: (warmPool = { size: 2 }, options = {}) =>
      fakeKvm(fake, { clock, options: { warmPool, address: 'none', memoryMib: 64, ...options } }),
    async tick(backend) {
      const listed = await clock.runUntil(backend.list('web', { signal: forever() }))
      await clock.advance(2000)
      return listed
    },
    waiting: () =>
      [...fake.domains.values()].flatMap(({ config, state }) =>
        readOwner(config ?? '')?.warm === 'ready' ? [state.state] : [],
      ),
    launch: async (backend, token) =>
      clock.runUntil(backend.launch({ group: 'web', token }, { signal: forever() })),
  }
}

testBackend(inFakeTime({ describe, it }, suiteClock), 'kvm with a warm pool', {
  ...kit,
  async make() {
    const under = await kit.make()
    // What waits in the pool is no leftover.
    return without(under, 'leftovers')
  },
})

describe('the warm pool', () => {
  for (const [kind, state] of [
    ['paused', 'paused'],
    ['stopped', 'shutoff'],
    ['managed-save', 'shutoff'],
  ] as const) {
    it(`is filled beside the list (${kind}), and what waits is no instance`, async () => {
      const { open, tick, waiting } = rig()
      const backend = open({ size: 2, kind })
      await tick(backend)
      expect(waiting()).toEqual([state, state])
      expect(await tick(backend)).toEqual([])
    })

    it(`gives a launch what waits (${kind}), made up for afterwards`, async () => {
      const { fake, clock, open, tick, waiting, launch } = rig()
      const backend = open({ size: 2, kind })
      await tick(backend)
      const before = clock.now()
      const defined = fake.count('domainDefineXmlFlags')
      const launched = await launch(backend, 't1')
      expect(launched).toMatchObject({ token: 't1', group: 'web', status: 'running' })
      expect(launched.name).toMatch(/^flotilla\.web\._[0-9a-f]{12}$/)
      expect(launched.createdAt).toBeGreaterThanOrEqual(before)
      expect(fake.get(launched.id).state.state).toBe('running')
      await clock.advance(1000)
      expect(fake.count('domainDefineXmlFlags') - defined).toBe(0)
      await clock.advance(2000)
      expect(fake.count('domainDefineXmlFlags') - defined).toBe(1)
      expect(waiting()).toHaveLength(2)
      expect((await tick(backend)).map(({ id }) => id)).toEqual([launched.id])
    })
  }

  it('gives one token one machine, also to a controller that knows nothing of the first', async () => {
    const { open, tick, launch } = rig()
    const backend = open()
    await tick(backend)
    const first = await launch(backend, 't1')
    expect((await launch(backend, 't1')).id).toBe(first.id)
    expect((await launch(open(), 't1')).id).toBe(first.id)
  })

  it('gives each of many launches at once a machine of its own', async () => {
    const { clock, open, tick } = rig()
    const backend = open({ size: 3 })
    await tick(backend)
    const tokens = ['a', 'b', 'c', 'd', 'e']
    const launched = await clock.runUntil(
      Promise.all(
        tokens.map(async (token) => backend.launch({ group: 'web', token }, { signal: forever() })),
      ),
    )
    expect(new Set(launched.map(({ id }) => id)).size).toBe(5)
    expect(launched.filter(({ name }) => name.includes('._')).length).toBe(3)
    const listed = await tick(backend)
    expect(listed.map(({ token }) => token).toSorted()).toEqual(tokens)
  })

  it('is adopted by the next controller, and neither doubled nor lost', async () => {
    const { fake, open, tick, waiting } = rig()
    const first = open()
    await tick(first)
    await first.close()
    const second = open()
    await tick(second)
    expect(waiting()).toHaveLength(2)
    expect(fake.count('domainDefineXmlFlags')).toBe(2)
  })

  it('shrinks to its size, and goes with its group', async () => {
    const { fake, clock, open, tick, waiting } = rig()
    await tick(open({ size: 3 }))
    const smaller = open({ size: 1 })
    await tick(smaller)
    expect(waiting()).toHaveLength(1)
    await clock.runUntil(smaller.endGroup('web', { signal: forever() }))
    await tick(smaller)
    expect(leftoversOf(fake)).toEqual([])
  })

  it('that is no longer wished for goes at the next list', async () => {
    const { fake, open, tick } = rig()
    await tick(open({ size: 3 }))
    await tick(open({ size: 0 }))
    expect(leftoversOf(fake)).toEqual([])
  })

  it('is made anew from a new template, and when it has waited too long', async () => {
    const { clock, open, tick, waiting, fake } = rig()
    await tick(open({ size: 1 }))
    const newer = open({ size: 1, maxAgeMs: 100_000 }, { vcpus: 1 })
    await tick(newer)
    expect(waiting()).toHaveLength(1)
    expect(fake.count('domainUndefineFlags')).toBe(1)
    await clock.advance(101_000)
    await tick(newer)
    expect(fake.count('domainUndefineFlags')).toBe(2)
    expect(waiting()).toHaveLength(1)
  })

  it('never gives away what waits for another group, or for another template', async () => {
    const { clock, open, tick, launch } = rig()
    await tick(open())
    const other = open({ size: 1 }, { vcpus: 1 })
    expect((await launch(other, 't1')).name).toBe('flotilla.web.t1')
    const request = { group: 'db', token: 't1' }
    const db = await clock.runUntil(open().launch(request, { signal: forever() }))
    expect(db.name).toBe('flotilla.db.t1')
  })

  it('tells what keeps it from being filled, and tries again with growing pauses', async () => {
    const { fake, clock, open, tick, waiting } = rig()
    const problems: string[] = []
    fake.pool.isFull = true
    const backend = open({ size: 1, onProblem: ({ code }) => problems.push(code) })
    for (let round = 0; round < 30; round += 1) await tick(backend)
    expect(problems.length).toBeGreaterThan(1)
    expect(problems.length).toBeLessThan(6)
    expect(new Set(problems)).toEqual(new Set(['no-capacity']))
    fake.pool.isFull = false
    await clock.advance(300_000)
    await tick(backend)
    expect(waiting()).toHaveLength(1)
  })

  it('launches in the ordinary way when what waited does not run', async () => {
    const { fake, clock, open, tick, launch } = rig()
    const backend = open({ size: 1 })
    await tick(backend)
    fake.arm('domainResume', { kind: 'fail', error: libvirtError(1, 10, 'internal error: no monitor') })
    expect((await launch(backend, 't1')).name).toBe('flotilla.web.t1')
    await clock.advance(3000)
    expect(fake.domains.size).toBe(2)
  })

  it('makes another machine of the token when the one that was claimed has lost its disk', async () => {
    const { fake, open, tick, launch } = rig()
    const backend = open({ size: 1, kind: 'stopped' })
    await tick(backend)
    const broken = { kind: 'fail', error: libvirtError(1, 10, 'internal error: cannot do that') } as const
    fake.arm('domainCreateWithFlags', broken)
    fake.arm('domainUndefineFlags', broken)
    await expect(launch(backend, 't1')).rejects.toThrow('remove what does not run: undefine it')
    const launched = await launch(backend, 't1')
    expect([launched.name, launched.status]).toEqual(['flotilla.web.t1', 'running'])
    expect((await tick(backend)).map(({ id }) => id)).toEqual([launched.id])
  })

  it('leaves alone what another launch of the token let run meanwhile', async () => {
    const { fake, open, tick, launch } = rig()
    const backend = open({ size: 1, kind: 'stopped' })
    await tick(backend)
    fake.arm('domainCreateWithFlags', { kind: 'hang' })
    await expect(launch(backend, 't1')).rejects.toMatchObject({ code: 'timeout' })
    const [claimed] = await tick(backend)
    fake.calls.onPoint = async (call, when) => {
      if (call === 'domainCreateWithFlags' && when === 'before') fake.get(claimed?.id ?? '').start(99)
    }
    expect(await launch(backend, 't1')).toMatchObject({ id: claimed?.id, status: 'running' })
    expect(fake.get(claimed?.id ?? '').isActive).toBe(true)
  })

  it('freezes a machine only once its probe says that it serves', async () => {
    const { clock, open, tick, waiting } = rig()
    let serves = false
    const ready = {
      name: 'test',
      check: async () => (serves ? { healthy: true as const } : { healthy: false as const, reason: 'boots' }),
    }
    const backend = open({ size: 1, ready }, { address: 'lease' })
    await tick(backend)
    await clock.advance(10_000)
    expect(waiting()).toEqual([])
    serves = true
    await clock.advance(2000)
    expect(waiting()).toEqual(['paused'])
  })

  it('does not keep a launch that is asked for waiting for the boot of what is being prepared', async () => {
    const { clock, open, tick, launch } = rig()
    const ready = { name: 'test', check: async () => ({ healthy: false as const, reason: 'boots' }) }
    const options = { address: 'lease', placement: { clonesInFlight: 1 } } as const
    const backend = open({ size: 1, ready }, options)
    await tick(backend)
    const before = clock.monotonic()
    expect((await launch(backend, 't1')).status).toBe('running')
    expect(clock.monotonic() - before).toBeLessThan(1000)
  })

  it('removes one that does not come to serve', async () => {
    const { fake, clock, open, tick } = rig()
    const ready = { name: 'test', check: async () => ({ healthy: false as const, reason: 'boots' }) }
    const problems: string[] = []
    const onProblem = ({ message }: Error): void => void problems.push(message)
    const backend = open({ size: 1, ready, bootTimeoutMs: 30_000, onProblem }, { address: 'lease' })
    await tick(backend)
    await clock.advance(31_000)
    expect(leftoversOf(fake)).toEqual([])
    expect(problems[0]).toMatch(/not ready within 30000 ms: boots/)
  })

  it('keeps a claim after a restore from a saved image, which has the metadata of before', async () => {
    const { fake, open, tick, launch } = rig()
    const backend = open({ size: 1, kind: 'managed-save' })
    await tick(backend)
    const launched = await launch(backend, 't1')
    expect(readOwner(fake.get(launched.id).live ?? '')?.token).toBeUndefined()
    expect((await tick(open())).map(({ token }) => token)).toEqual(['t1'])
  })
})
