import { usageMetrics, type Instance, type Reading } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { KvmBackend as Kvm } from '../src/backend.js'
import type { KvmBackend } from '../src/backend.js'
import { readOptions } from '../src/options.js'
import { libvirtError } from './fakes/fake-errors.js'
import { FakeHypervisor } from './fakes/fake-hypervisor.js'
import { forever } from './helpers.js'
import { fakeHost, fakeKvm, template } from './kvm-kit.js'

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
