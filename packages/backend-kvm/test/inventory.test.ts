import { describe, expect, it } from 'vitest'
import { FakeHypervisor } from './fakes/fake-hypervisor.js'
import { forever } from './helpers.js'
import { fakeKvm, leftoversOf } from './kvm-kit.js'

const web = { group: 'web', token: 't1' }

describe('a transient domain', () => {
  it('of a stranger whose name looks like ours is not listed, and keeps nothing from being so', async () => {
    const fake = new FakeHypervisor()
    const stranger = fake.addTransient('flotilla.web.stranger')
    const backend = fakeKvm(fake)
    const { id } = await backend.launch(web, { signal: forever() })
    const listed = await backend.list('web', { signal: forever() })
    expect(listed.map((instance) => instance.id)).toEqual([id])
    const report = await backend.terminate('web', [stranger], { signal: forever() })
    expect(report.failed.map(({ error }) => error.code)).toEqual(['not-owned'])
    expect(fake.get(stranger).isActive).toBe(true)
  })

  it('that was ours, and was undefined while it ran, stays ours until it is terminated', async () => {
    const fake = new FakeHypervisor()
    const { id } = await fakeKvm(fake).launch(web, { signal: forever() })
    fake.get(id).isTransient = true
    const backend = fakeKvm(fake)
    expect((await backend.list('web', { signal: forever() })).map(({ status }) => status)).toEqual([
      'running',
    ])
    expect((await backend.terminate('web', [id], { signal: forever() })).done).toEqual([id])
    expect(leftoversOf(fake)).toEqual([])
  })
})
