import { randomUUID } from 'node:crypto'
import { systemClock, type Clock } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { sweepMs } from '../src/sweep.js'
import { cloudTests, launchAll, signal } from './cloud-tests.js'
import type { FakeCloud } from './fake-cloud.js'

/** The host's clock, whose monotonic time can be moved on. */
class MovedClock implements Clock {
  aheadMs = 0
  readonly now = (): number => systemClock.now()
  readonly monotonic = (): number => systemClock.monotonic() + this.aheadMs
  readonly sleep: Clock['sleep'] = async (ms, options) => systemClock.sleep(ms, options)
}

function addPort(fake: FakeCloud, name: string): string {
  const id = randomUUID()
  fake.ports.set(id, {
    id,
    name,
    networkId: 'n',
    address: '10.0.0.1',
    securityGroups: [],
    body: {},
    deviceId: '',
  })
  return id
}

describe('the sweep', () => {
  const tests = cloudTests()

  it('removes what a dead launch left, once it had no server for long, and nothing of anybody else', async () => {
    const { fake, open } = tests
    const clock = new MovedClock()
    const backend = open({ options: { floatingIpFrom: 'public' }, clock })
    await launchAll(backend, 'alive')
    const left = addPort(fake, 'flotilla.web.dead')
    fake.floatingIps.set('f', {
      id: 'f',
      address: '172.0.0.9',
      portId: left,
      description: 'flotilla.web.dead',
    })
    const others = ['flotilla.other.dead', 'flotilla.blue.web.dead', 'somebody'].map((name) =>
      addPort(fake, name),
    )
    const all = fake.ports.size
    await backend.list('web', { signal })
    await expect.poll(() => fake.http.count('listFloatingIps')).toBe(1)
    expect(fake.ports.size).toBe(all)
    clock.aheadMs += sweepMs
    await backend.list('web', { signal })
    await expect.poll(() => fake.ports.has(left)).toBe(false)
    expect(fake.floatingIps.has('f')).toBe(false)
    expect(others.every((id) => fake.ports.has(id))).toBe(true)
    expect([fake.ports.size, fake.floatingIps.size]).toEqual([all - 1, 1])
  })

  it('is not done where nothing is made beside the servers', async () => {
    const { fake, open } = tests
    await open().list('web', { signal })
    expect(fake.http.count('listPorts')).toBe(0)
  })
})
