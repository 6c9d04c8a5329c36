import type { Instance } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { libvirtError } from './fakes/fake-errors.js'
import { FakeHypervisor } from './fakes/fake-hypervisor.js'
import { forever } from './helpers.js'
import { fakeKvm, leftoversOf } from './kvm-kit.js'

const clock = (): FakeClock => new FakeClock()

async function launched(fake: FakeHypervisor): Promise<Instance> {
  return fakeKvm(fake).launch({ group: 'web', token: 't1' }, { signal: forever() })
}

describe('terminate', () => {
  it('asks the guest to power off, and does not destroy one that does', async () => {
    const fake = new FakeHypervisor()
    const { id } = await launched(fake)
    const time = clock()
    const backend = fakeKvm(fake, { clock: time, options: { shutdownMs: 10_000 } })
    await time.runUntil(backend.terminate('web', [id], { signal: forever() }))
    expect(time.monotonic()).toBeLessThan(1000)
    expect(fake.calls.made.filter((call) => call === 'domainShutdownFlags')).toHaveLength(1)
    expect(leftoversOf(fake)).toEqual([])
  })

  it('destroys one that pays no heed, once the bound has passed', async () => {
    const fake = new FakeHypervisor()
    const { id } = await launched(fake)
    fake.get(id).isDeaf = true
    const time = clock()
    const backend = fakeKvm(fake, { clock: time, options: { shutdownMs: 10_000 } })
    await time.runUntil(backend.terminate('web', [id], { signal: forever() }))
    expect(time.monotonic()).toBeGreaterThanOrEqual(10_000)
    expect(time.monotonic()).toBeLessThan(11_000)
    expect(leftoversOf(fake)).toEqual([])
  })

  it('destroys one that cannot be asked', async () => {
    const fake = new FakeHypervisor()
    const { id } = await launched(fake)
    fake.arm('domainShutdownFlags', {
      kind: 'fail',
      error: libvirtError(1, 10, 'internal error: no monitor'),
    })
    const report = await fakeKvm(fake).terminate('web', [id], { signal: forever() })
    expect(report.done).toEqual([id])
  })

  it('does not ask one that is frozen or off', async () => {
    const fake = new FakeHypervisor()
    const { id } = await launched(fake)
    await fake.domainSuspend(fake.get(id).ref)
    await fakeKvm(fake).terminate('web', [id], { signal: forever() })
    expect(fake.count('domainShutdownFlags')).toBe(0)
  })

  it('removes one with a saved image too', async () => {
    const fake = new FakeHypervisor()
    const { id } = await launched(fake)
    await fake.domainManagedSave(fake.get(id).ref)
    expect((await fakeKvm(fake).terminate('web', [id], { signal: forever() })).done).toEqual([id])
    expect(leftoversOf(fake)).toEqual([])
  })

  it('removes what belongs to a machine by its own metadata, whatever the options are now', async () => {
    const fake = new FakeHypervisor()
    const options = {
      address: { from: '192.168.122.200', to: '192.168.122.203' },
      disks: [{ sizeMib: 1 }],
      consoleLog: true,
    }
    const { id } = await fakeKvm(fake, { options }).launch(
      { group: 'web', token: 't1' },
      { signal: forever() },
    )
    await fakeKvm(fake, { options: { vcpus: 1 } }).terminate('web', [id], { signal: forever() })
    expect(leftoversOf(fake)).toEqual([])
  })

  it('takes files and entries that somebody removed by hand for removed', async () => {
    const fake = new FakeHypervisor()
    const options = { address: { from: '192.168.122.200', to: '192.168.122.203' } }
    const { id } = await fakeKvm(fake, { options }).launch(
      { group: 'web', token: 't1' },
      { signal: forever() },
    )
    fake.network.entries = []
    for (const name of fake.pool.volumes.keys()) if (name !== 'golden.qcow2') fake.pool.volumes.delete(name)
    expect((await fakeKvm(fake).terminate('web', [id], { signal: forever() })).done).toEqual([id])
  })

  it('keeps the domain while something of it is left, so that it is listed and can be ended again', async () => {
    const fake = new FakeHypervisor()
    const { id } = await launched(fake)
    fake.arm('storageVolDelete', {
      kind: 'fail',
      error: libvirtError(38, 18, 'cannot unlink file: Permission denied'),
    })
    const backend = fakeKvm(fake)
    const { failed } = await backend.terminate('web', [id], { signal: forever() })
    expect(failed[0]?.error.code).toBe('permission-denied')
    expect((await backend.list('web', { signal: forever() })).map((one) => one.id)).toEqual([id])
    expect((await backend.terminate('web', [id], { signal: forever() })).done).toEqual([id])
    expect(leftoversOf(fake)).toEqual([])
  })

  it('does not touch the same group of another scope, nor a copy that somebody made of a machine', async () => {
    const fake = new FakeHypervisor()
    const theirs = await fakeKvm(fake, { options: { scope: 'staging' } }).launch(
      { group: 'web', token: 't1' },
      { signal: forever() },
    )
    const mine = await launched(fake)
    const copy = fake.addForeign('flotilla.web.t1-clone')
    fake.get(copy).config = fake.get(mine.id).config
    const backend = fakeKvm(fake)
    expect((await backend.list('web', { signal: forever() })).map(({ id }) => id)).toEqual([mine.id])
    const { failed } = await backend.terminate('web', [theirs.id, copy], { signal: forever() })
    expect(failed.map(({ error }) => error.code)).toEqual(['not-owned', 'not-owned'])
    expect(fake.get(copy).isActive).toBe(true)
  })
})
