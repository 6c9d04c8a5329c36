import { FakeClock } from '@flotilla/core/testing'
import type { Instance } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import type { KvmBackend } from '../src/backend.js'
import type { KvmOptions } from '../src/options/kvm-options.js'
import { FakeHypervisor } from './fakes/fake-hypervisor.js'
import { forever } from './helpers.js'
import { fakeKvm } from './kvm-kit.js'

async function rig(
  options: Partial<KvmOptions> = {},
  arrange: (fake: FakeHypervisor) => void = (fake) => {
    fake.network.givesLeases = false
  },
) {
  const clock = new FakeClock()
  const fake = new FakeHypervisor({ clock })
  arrange(fake)
  const backend: KvmBackend = fakeKvm(fake, { clock, options })
  const { id } = await clock.runUntil(backend.launch({ group: 'web', token: 't1' }, { signal: forever() }))
  const list = async (): Promise<Instance | undefined> => {
    await clock.advance(1000)
    return (await clock.runUntil(backend.list('web', { signal: forever() })))[0]
  }
  return { clock, fake, backend, id, list }
}

describe('a machine without an address says why', () => {
  it('its guest has taken none, and what gives them', async () => {
    const { list } = await rig()
    const found = await list()
    expect(found).toMatchObject({
      status: 'running',
      statusReason: expect.stringMatching(
        /no address yet: network default gives them by DHCP \(192\.168\.122\.2 to 192\.168\.122\.199, 0 of 198 leased\)/,
      ) as string,
    })
    expect(found?.address).toBeUndefined()
  })

  it('the range is used up, with what would do', async () => {
    const { fake, clock, list } = await rig()
    const expiry = Math.floor(clock.now() / 1000) + 3600
    for (let index = 2; index <= 199; index += 1)
      fake.network.addLease(
        `52:54:00:aa:bb:${index.toString(16).padStart(2, '0')}`,
        `192.168.122.${index}`,
        expiry,
      )
    expect((await list())?.statusReason).toMatch(/is used up: 198 of 198 are leased.*host entries/)
  })

  it('the network is not active', async () => {
    const { fake, list } = await rig()
    fake.network.isActive = false
    expect((await list())?.statusReason).toMatch(/not active; start it: virsh net-start default/)
  })

  it('its host entry is gone', async () => {
    const clock = new FakeClock()
    const fake = new FakeHypervisor({ clock })
    const options = { address: { from: '192.168.122.200', to: '192.168.122.210' } }
    const first = fakeKvm(fake, { clock, options })
    await clock.runUntil(first.launch({ group: 'web', token: 't1' }, { signal: forever() }))
    fake.network.entries = []
    const [found] = await clock.runUntil(fakeKvm(fake, { clock, options }).list('web', { signal: forever() }))
    expect(found?.statusReason).toMatch(/host entry f-web-\S+ is not in network default/)
  })

  it('its guest agent gives no answer', async () => {
    const { fake, list } = await rig({ address: 'agent' })
    for (const domain of fake.domains.values()) domain.xml = domain.xml.replace('guest_agent', 'other')
    expect((await list())?.statusReason).toMatch(/is qemu-guest-agent installed.*not configured/)
  })

  it('until it has one', async () => {
    const { fake, id, list } = await rig()
    expect((await list())?.statusReason).toBeDefined()
    fake.network.givesLeases = true
    fake.network.lease(fake.get(id).cards[0]?.mac ?? '')
    const found = await list()
    expect(found?.address).toBeDefined()
    expect(found?.statusReason).toBeUndefined()
  })
})

describe('a machine that cannot serve is impaired', () => {
  it('while somebody has suspended it', async () => {
    const { fake, id, list } = await rig()
    fake.get(id).state = { state: 'paused', reason: 1 }
    expect((await list())?.impaired).toBe('somebody suspended it (libvirt: paused, user)')
    fake.get(id).state = { state: 'running', reason: 5 }
    expect((await list())?.impaired).toBeUndefined()
  })

  it('when its disk failed, with the disk and how', async () => {
    const { fake, id, list } = await rig()
    fake.get(id).state = { state: 'paused', reason: 5 }
    fake.get(id).diskErrors = [{ disk: 'vda', error: 'no-space' }]
    expect((await list())?.impaired).toMatch(/its disk fails \(vda: no space left on the storage\)/)
  })
})

describe('what stands in the way is told', () => {
  it('a warm pool that cannot be kept, until it can', async () => {
    const { fake, clock, backend, list } = await rig({ warmPool: { size: 1, kind: 'stopped' } })
    await clock.runUntil(backend.terminate('web', [...fake.domains.keys()], { signal: forever() }))
    fake.pool.isFull = true
    for (let tick = 0; tick < 20; tick += 1) await list()
    await clock.settle()
    expect(backend.problems('web').map(({ about }) => about)).toContain('warm pool')
    fake.pool.isFull = false
    for (let tick = 0; tick < 90; tick += 1) await list()
    await clock.settle()
    expect(backend.problems('web')).toEqual([])
  })

  it('a sweep that fails', async () => {
    const { fake, clock, backend, list } = await rig({ orphanAfterMs: 0 })
    for (let tick = 0; tick < 5; tick += 1) {
      fake.arm('storagePoolListAllVolumes', { kind: 'fail', error: new Error('no such pool') })
      await list()
      await clock.settle()
    }
    expect(backend.problems('web').map(({ about }) => about)).toContain('sweep')
  })
})

describe('the last output', () => {
  it('is the end of the console log, without what the template keeps secret', async () => {
    const { fake, clock, backend, id } = await rig({ consoleLog: true })
    const [file = ''] = [...fake.pool.volumes.keys()].filter((name) => name.endsWith('.console.log'))
    const text = `${'x'.repeat(200_000)}\nbooting\r\n\u001b[31mKernel panic - not syncing\u001b[0m password=hunter22\n`
    fake.pool.find(file).content = new TextEncoder().encode(text)
    const [instance] = await clock.runUntil(backend.list('web', { signal: forever() }))
    expect(instance?.id).toBe(id)
    const output = await clock.runUntil(backend.lastOutput(instance as Instance, { signal: forever() }))
    expect(output).toMatch(/booting\nKernel panic - not syncing password=\(hidden\)$/)
  })

  it('is undefined where none is kept', async () => {
    const { clock, backend, list } = await rig()
    const instance = (await list()) as Instance
    expect(await clock.runUntil(backend.lastOutput(instance, { signal: forever() }))).toBeUndefined()
  })
})

describe('the scope', () => {
  it('is the same however the same hypervisors are written', async () => {
    const { kvm } = await import('../src/backend.js')
    const scopeOf = (...uris: readonly string[]): string =>
      kvm({ golden: { pool: 'default', volume: 'g.qcow2' }, uris }).scope
    expect(scopeOf('qemu+ssh://ops@b/system', 'qemu:///system')).toBe(
      scopeOf('qemu+unix:///system/', 'qemu+tls://B/system'),
    )
    expect(scopeOf('qemu:///system')).not.toBe(scopeOf('qemu:///session'))
    expect(() => scopeOf('qemu:///system', 'qemu+unix:///system')).toThrow(
      /qemu:\/\/\/system is the same one/,
    )
  })
})
