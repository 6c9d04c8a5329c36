import { usageMetrics, type Instance, type Reading } from '@flotilla/core'
import { FakeClock, testMetrics } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { KvmBackend as Kvm } from '../src/backend.js'
import type { KvmBackend } from '../src/backend.js'
import { usedBytes } from '../src/host/guest-memory.js'
import { hypervisorMetrics } from '../src/host/hypervisor-metrics.js'
import { readOptions } from '../src/options.js'
import { libvirtError } from './fakes/fake-errors.js'
import { FakeHypervisor } from './fakes/fake-hypervisor.js'
import { forever } from './helpers.js'
import { fakeHost, fakeKvm, template } from './kvm-kit.js'

describe('memory in use', () => {
  const rows: readonly (readonly [name: string, stats: Record<string, bigint>, bytes: number | undefined])[] =
    [
      ['is what the guest says', { available: 1000n, usable: 400n, unused: 100n, rss: 5000n }, 600 * 1024],
      ['is told from unused by older drivers', { available: 1000n, unused: 100n, rss: 5000n }, 900 * 1024],
      ['is what QEMU holds without a driver', { actual: 1000n, rss: 5000n }, 5000 * 1024],
      ['is unknown when nothing is told', { actual: 1000n }, undefined],
    ]
  for (const [name, stats, bytes] of rows) {
    it(`it ${name}`, () => {
      expect(usedBytes(stats)).toBe(bytes)
    })
  }
})

describe('usage', () => {
  const launchMany = async (
    backend: KvmBackend,
    clock: FakeClock,
    groups: readonly string[],
  ): Promise<readonly Instance[]> =>
    clock.runUntil(
      Promise.all(groups.map(async (group) => backend.launch({ group, token: 't1' }, { signal: forever() }))),
    )

  it('and list are one list and one call a machine for all groups on a connection, and memory less often', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const host = fakeHost(fake, { clock })
    const open = (): KvmBackend =>
      new Kvm(readOptions({ ...template, memoryMib: 64, placement: { clonesInFlight: 10 } }), [host], {
        isShared: true,
      })
    const groups = ['a', 'b', 'c', 'd', 'e']
    const backends = groups.map(() => open())
    const instances = await launchMany(open(), clock, groups)
    // The first list of a group also looks for what may have been left behind.
    for (const [index, backend] of backends.entries()) {
      await clock.runUntil(backend.list(groups[index] ?? '', { signal: forever() }))
    }
    await clock.advance(1000)
    fake.calls.made.length = 0
    for (let tick = 0; tick < 10; tick += 1) {
      await clock.advance(1000)
      for (const [index, backend] of backends.entries()) {
        const own = instances.slice(index, index + 1)
        await clock.runUntil(backend.list(groups[index] ?? '', { signal: forever() }))
        await clock.runUntil(backend.usage(own, { signal: forever() }))
      }
    }
    expect(fake.count('connectListAllDomains')).toBe(10)
    expect(fake.count('domainGetInfo')).toBe(50)
    expect(fake.count('domainGetState')).toBe(0)
    // Whether they still carry ours is asked once in ten seconds.
    expect(fake.count('domainGetMetadata')).toBeLessThanOrEqual(5)
    expect(fake.count('domainMemoryStats')).toBeLessThanOrEqual(10)
  })

  it('of one that cannot be read does not hide the others', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock, options: { memoryMib: 64 } })
    const [one, two] = await launchMany(backend, clock, ['a', 'b'])
    fake.arm('domainMemoryStats', { kind: 'fail', error: libvirtError(1, 10, 'no monitor') })
    const readings: readonly Reading[] = await clock.runUntil(
      backend.usage([one, two] as Instance[], { signal: forever() }),
    )
    expect(
      readings
        .filter(({ name }) => name === 'memory')
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['absent', 'value'])
  })

  it('of one whose CPU cannot be read does not keep the group from being listed', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock, options: { memoryMib: 64 } })
    const [one, two] = await launchMany(backend, clock, ['a', 'a-b'])
    const lock = 'Timed out during operation: cannot acquire state change lock'
    await clock.advance(1000)
    fake.arm('domainGetInfo', { kind: 'fail', error: libvirtError(68, 10, lock) })
    const readings = await clock.runUntil(backend.usage([one, two] as Instance[], { signal: forever() }))
    const cpu = readings.filter(({ name, kind }) => name === 'cpu' && kind === 'absent')
    expect(JSON.stringify(cpu)).toContain('state change lock')
    const [listed] = await clock.runUntil(backend.list('a', { signal: forever() }))
    expect(listed?.status).toBe('running')
  })

  it('of several hypervisors is read also while one of them is away', async () => {
    const clock = new FakeClock()
    const fakes = ['one', 'two'].map(
      (name) => new FakeHypervisor({ clock, uri: `qemu+ssh://${name}/system` }),
    )
    const backend = fakeKvm(fakes, { clock, timeoutMs: 5000 })
    const launched: Instance[] = []
    for (const token of ['a', 'b'])
      launched.push(await clock.runUntil(backend.launch({ group: 'web', token }, { signal: forever() })))
    const metrics = usageMetrics(backend)
    fakes[0]?.goDown()
    await clock.advance(1000)
    const readings = await clock.runUntil(backend.usage(launched, { signal: forever() }))
    const memory = readings.filter(({ name }) => name === 'memory')
    expect(memory.map(({ kind }) => kind).toSorted()).toEqual(['absent', 'value'])
    expect(memory.find(({ kind }) => kind === 'absent')).toMatchObject({
      reason: expect.stringMatching(/one/),
    })
    expect(metrics.provides.map(({ name }) => name)).toEqual(['cpu', 'memory'])
  })
})

describe('hypervisor metrics', () => {
  it('are the busy share of all CPUs since the last sample, and the memory that is not free', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const metrics = hypervisorMetrics({ hosts: [fakeHost(fake, { clock })] })
    const sample = async (): Promise<readonly Reading[]> =>
      clock.runUntil(metrics.sample({ group: 'web', instances: [], now: clock.now(), signal: forever() }))
    expect(await sample()).toMatchObject([{ kind: 'absent' }, { kind: 'value', value: 0.25 }])
    await clock.advance(3000)
    fake.cpuStats = { kernel: 20n, user: 60n, idle: 110n, iowait: 10n }
    expect((await sample())[0]).toMatchObject({ kind: 'value', name: 'hypervisor.cpu', value: 0.6 })
  })

  it('refuse no hypervisor', () => {
    expect(() => hypervisorMetrics({ hosts: [] })).toThrow(/at least one hypervisor/)
  })
})

testMetrics({ describe, it }, 'hypervisorMetrics', {
  make() {
    const fake = new FakeHypervisor()
    const host = fakeHost(fake, { timeoutMs: 250 })
    return {
      metrics: hypervisorMetrics({ hosts: [host] }),
      failAll: () => fake.goDown(),
      hang: () => fake.arm('nodeGetCpuStats', { kind: 'hang' }),
    }
  },
})
