import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import type { KvmBackend } from '../../src/backend.js'
import { hostMark, hostName } from '../../src/names.js'
import { FakeHypervisor } from '../fakes/fake-hypervisor.js'
import { forever } from '../helpers.js'
import { fakeKvm, leftoversOf } from '../kvm-kit.js'

const volume = { format: 'qcow2', capacityBytes: 1n, backing: undefined, content: undefined }
const options = {
  address: { from: '192.168.122.200', to: '192.168.122.220' },
  orphanAfterMs: 600_000,
  sharedStorage: false,
} as const

async function ticks(clock: FakeClock, backend: KvmBackend, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    await clock.runUntil(backend.list('web', { signal: forever() }))
    await clock.advance(61_000)
  }
}

describe('what was left behind', () => {
  it('is removed once it has been without a machine for long enough, and strangers’ things never', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock, options })
    const { id } = await clock.runUntil(backend.launch({ group: 'web', token: 't1' }, { signal: forever() }))
    const own = leftoversOf(fake)
    const part = `01234567-${hostMark(fake.hostUuid)}`
    const orphans = [
      `flotilla.web.gone.${part}.qcow2`,
      `flotilla.web.t1.${part}.qcow2`,
      `flotilla.web._aa.${part}.console.log`,
    ]
    const strangers = [
      `flotilla.db.t1.${part}.qcow2`,
      `staging.web.t1.${part}.qcow2`,
      'web.qcow2',
      'flotilla.web.t1.qcow2',
    ]
    for (const file of [...orphans, ...strangers]) fake.pool.volumes.set(file, { ...volume })
    const entry = (group: string, scope = 'flotilla'): string => hostName({ scope, group, key: 'gone' }, 'u')
    const names = [entry('web'), entry('db'), entry('web', 'staging'), 'printer']
    names.forEach((name, index) =>
      fake.network.entries.push({ mac: `52:54:00:00:00:0${index}`, ip: `192.168.122.23${index}`, name }),
    )

    await ticks(clock, backend, 9)
    for (const file of orphans) expect(fake.pool.volumes.has(file)).toBe(true)
    await ticks(clock, backend, 4)
    expect(leftoversOf(fake).toSorted()).toEqual(
      [
        ...own,
        ...strangers.map((file) => `file ${file}`),
        ...names.slice(1).map((name) => `host entry ${name}`),
      ].toSorted(),
    )
    expect(fake.get(id).isActive).toBe(true)
  })

  it('by a domain that somebody undefined by hand goes in the end', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock, options })
    const { id } = await clock.runUntil(backend.launch({ group: 'web', token: 't1' }, { signal: forever() }))
    fake.domains.delete(id)
    await ticks(clock, backend, 13)
    expect(leftoversOf(fake)).toEqual([])
  })

  it('is left alone while a hypervisor does not answer: on shared storage it may be that one’s', async () => {
    const clock = new FakeClock()
    const [one, two] = [
      new FakeHypervisor({ clock, uri: 'qemu+ssh://one/system' }),
      new FakeHypervisor({ clock, uri: 'qemu+ssh://two/system' }),
    ]
    const backend = fakeKvm([one, two], { clock, options })
    await ticks(clock, backend, 1)
    two.goDown()
    one.pool.volumes.set(`flotilla.web.gone.01234567-${hostMark(one.hostUuid)}.qcow2`, { ...volume })
    await ticks(clock, backend, 20)
    expect(one.pool.volumes.size).toBe(2)
  })

  it('is not taken for left behind while its domain is on another hypervisor that shares the storage', async () => {
    const clock = new FakeClock()
    const [one, two] = [
      new FakeHypervisor({ clock, uri: 'qemu+ssh://one/system' }),
      new FakeHypervisor({ clock, uri: 'qemu+ssh://two/system' }),
    ]
    two.pools.set('default', one.pool)
    const backend = fakeKvm([one, two], { clock, options: { ...options, address: 'none' } })
    for (const token of ['a', 'b'])
      await clock.runUntil(backend.launch({ group: 'web', token }, { signal: forever() }))
    expect([one.domains.size, two.domains.size]).toEqual([1, 1])
    await ticks(clock, backend, 15)
    expect(one.pool.volumes.size).toBe(3)
  })

  it('never includes what a launch on its way has made', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const backend = fakeKvm(fake, { clock, options: { ...options, orphanAfterMs: 0 }, timeoutMs: 10_000_000 })
    fake.arm('domainCreateWithFlags', { kind: 'hang' })
    void backend.launch({ group: 'web', token: 't1' }, { signal: forever() }).catch(() => {})
    await clock.advance(10)
    const other = fakeKvm(fake, { clock, options: { ...options, orphanAfterMs: 0 } })
    await ticks(clock, other, 5)
    expect(leftoversOf(fake)).toHaveLength(3)
  })
})
