import { type Reading } from '@flotilla/core'
import { FakeClock, testMetrics } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { hypervisorMetrics } from '../../src/host/hypervisor-metrics.js'
import { FakeHypervisor } from '../fakes/fake-hypervisor.js'
import { forever } from '../helpers.js'
import { fakeHost } from '../kvm-kit.js'

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
