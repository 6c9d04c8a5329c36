import { setTimeout as sleep } from 'node:timers/promises'
import type { Instance } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KvmBackend } from '../../src/backend.js'
import type { KvmOptions } from '../../src/options/kvm-options.js'
import { forever } from '../helpers.js'
import { pool, uri } from './lab.js'
import { liveKvm, uniqueScope } from './live-kit.js'
import { RawHypervisor } from './raw.js'
import { startFullStorage, startTinyNetwork } from './surroundings.js'

let scope: string
let raw: RawHypervisor
let opened: KvmBackend[]
/** Of what a test has made round its machines, the last first. */
let stops: (() => Promise<void>)[]

beforeEach(async () => {
  scope = uniqueScope()
  opened = []
  stops = []
  raw = await RawHypervisor.open(uri())
})

afterEach(async () => {
  for (const backend of opened) await backend.close()
  await raw.removeScope(scope)
  for (const stop of stops.toReversed()) await stop()
  await raw.close()
})

async function launched(options: Partial<KvmOptions> = {}): Promise<{ backend: KvmBackend; id: string }> {
  const backend = liveKvm(scope, options)
  opened.push(backend)
  const { id } = await backend.launch({ group: 'web', token: 't1' }, { signal: forever() })
  return { backend, id }
}

const listed = async (backend: KvmBackend): Promise<Instance | undefined> => {
  await sleep(600)
  return (await backend.list('web', { signal: forever() }))[0]
}

describe('a real machine says why it does not serve', () => {
  it('before its guest has asked for an address', async () => {
    const { backend } = await launched()
    expect((await listed(backend))?.statusReason).toMatch(
      /no address yet: network default gives them by DHCP/,
    )
  })

  it('when the addresses of its network are used up', async () => {
    const network = await startTinyNetwork(scope)
    stops.push(network.stop)
    const { backend } = await launched({ networks: [network.name] })
    await expect
      .poll(async () => (await listed(backend))?.address?.host, { timeout: 90_000 })
      .toBe('10.211.57.100')
    const { id } = await backend.launch({ group: 'web', token: 't2' }, { signal: forever() })
    await sleep(600)
    const second = (await backend.list('web', { signal: forever() })).find((one) => one.id === id)
    expect(second).toMatchObject({ status: 'running' })
    expect(second?.statusReason).toBe(
      `it has no address: the DHCP range of network ${network.name} (10.211.57.100 to 10.211.57.100) is used up: 1 of 1 are ` +
        'leased, and those of machines that are gone last until they expire. A wider range, shorter leases or host entries ' +
        '(address: { from, to }) would do',
    )
  })

  it('when its disk fails, for its storage is full', async () => {
    const storage = await startFullStorage(scope)
    stops.push(storage.stop)
    const { backend, id } = await launched({
      golden: { pool: pool(), volume: storage.golden },
      pool: storage.pool,
      address: 'none',
      memoryMib: 16,
    })
    await expect
      .poll(async () => (await listed(backend))?.impaired, { timeout: 60_000 })
      .toBe('its disk fails (vda: no space left on the storage) (libvirt: paused, I/O error)')
    expect((await listed(backend))?.status).toBe('paused')
    await storage.grow()
    await raw.hypervisor.domainResume(await raw.find(id))
    await expect.poll(async () => (await listed(backend))?.status, { timeout: 10_000 }).toBe('running')
    expect((await listed(backend))?.impaired).toBeUndefined()
  })

  it('when it has no guest agent that answers', async () => {
    const { backend } = await launched({ address: 'agent' })
    expect((await listed(backend))?.statusReason).toMatch(
      /guest agent gives no answer.*agent is not connected/,
    )
  })

  it('while somebody has suspended it', async () => {
    const { backend, id } = await launched()
    await raw.hypervisor.domainSuspend(await raw.find(id))
    expect(await listed(backend)).toMatchObject({
      status: 'paused',
      impaired: 'somebody suspended it (libvirt: paused, user)',
    })
    await raw.hypervisor.domainResume(await raw.find(id))
    expect((await listed(backend))?.impaired).toBeUndefined()
  })

  it('by what it wrote to its console', async () => {
    const { backend } = await launched({ consoleLog: true })
    const instance = (await listed(backend)) as Instance
    await expect
      .poll(async () => backend.lastOutput(instance, { signal: forever() }), {
        timeout: 60_000,
        interval: 500,
      })
      .toMatch(/GUEST-UP|Linux version|Run \/init/)
    raw.killQemu(instance.id)
    await expect.poll(async () => (await listed(backend))?.status, { timeout: 10_000 }).toBe('failed')
    expect(await backend.lastOutput(instance, { signal: forever() })).toMatch(/\S/)
  })

  it('EFI without firmware images is the template’s fault, at once', async () => {
    const { existsSync } = await import('node:fs')
    if (existsSync('/usr/share/OVMF')) return
    await expect(launched({ firmware: 'efi' })).rejects.toMatchObject({ code: 'invalid-template' })
  })
})
