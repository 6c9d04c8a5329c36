import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@flotilla/libvirt'
import type { Instance, InstanceChange, Reading } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KvmBackend } from '../../src/backend.js'
import { hypervisorMetrics } from '../../src/host/hypervisor-metrics.js'
import { kvmHost } from '../../src/host/open-host.js'
import { ipv4Range } from '../../src/network/ip-range.js'
import type { KvmOptions } from '../../src/options/kvm-options.js'
import { forever } from '../helpers.js'
import { Faults, faulty } from './faulty.js'
import { addresses, goldenPath, uri } from './lab.js'
import { ask, liveKvm, uniqueScope, urlOf } from './live-kit.js'
import { RawHypervisor } from './raw.js'

let scope: string
let raw: RawHypervisor
let opened: KvmBackend[]

const open = (options: Partial<KvmOptions> = {}): KvmBackend => {
  const backend = liveKvm(scope, options)
  opened.push(backend)
  return backend
}

beforeEach(async () => {
  scope = uniqueScope()
  opened = []
  raw = await RawHypervisor.open(uri())
})

afterEach(async () => {
  for (const backend of opened) await backend.close()
  await raw.removeScope(scope)
  await raw.close()
})

/** A machine with an address that answers. */
async function serving(backend: KvmBackend, token: string): Promise<Instance> {
  await backend.launch({ group: 'web', token }, { signal: forever() })
  return untilServing(backend, token)
}

async function untilServing(backend: KvmBackend, token: string): Promise<Instance> {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = (await backend.list('web', { signal: forever() })).find((one) => one.token === token)
    if (found?.address !== undefined) {
      await ask(`${urlOf(found)}/health`)
      return found
    }
    await sleep(100)
  }
  throw new Error(`${token} got no address`)
}

async function endAll(backend: KvmBackend): Promise<void> {
  const ids = (await backend.list('web', { signal: forever() })).map(({ id }) => id)
  expect((await backend.terminate('web', ids, { signal: forever() })).failed).toEqual([])
  expect(await raw.leftovers(scope)).toEqual([])
}

describe('a real machine', () => {
  it('boots from its clone, gets an address by DHCP and serves; then nothing of it is left', async () => {
    const backend = open({ consoleLog: true, disks: [{ sizeMib: 4 }], shutdownMs: 10_000 })
    const instance = await serving(backend, 't1')
    expect(await ask(`${urlOf(instance)}/health`)).toMatch(/\S/)
    await endAll(backend)
  })

  it('gets the address of its host entry, which is known as soon as it is launched', async () => {
    const backend = open({ address: addresses() })
    const launched = await backend.launch({ group: 'web', token: 't1' }, { signal: forever() })
    const { from, to } = addresses()
    expect([...ipv4Range({ from, to })]).toContain(launched.address?.host)
    expect(await ask(`${urlOf(launched)}/health`)).toMatch(/\S/)
    await endAll(backend)
  })

  it('powers itself off when asked, well within the bound', async () => {
    const backend = open({ shutdownMs: 60_000 })
    const { id } = await serving(backend, 't1')
    const changes: InstanceChange[] = []
    const watching = new AbortController()
    const watched = (async () => {
      for await (const change of backend.watch('web', { signal: watching.signal })) changes.push(change)
    })()
    await expect.poll(() => changes.length).toBeGreaterThan(0)
    await backend.terminate('web', [id], { signal: forever() })
    await expect.poll(() => changes.map(({ what }) => what)).toContain('powered off')
    watching.abort()
    await watched
    expect(changes.map(({ what }) => what)).not.toContain('destroyed by somebody')
  })

  it('reads a seed for cloud-init as a disk with the label cidata', async () => {
    const backend = open({ cloudInit: { userData: '#cloud-config\n{}\n' } })
    const { id } = await serving(backend, 't1')
    const seed = (await raw.leftovers(scope)).find(
      (left) => left.includes(`.${id.slice(0, 8)}-`) && left.endsWith('.seed.iso'),
    )
    expect(seed).toBeDefined()
    await endAll(backend)
  })

  it('with extra machines on one golden image leaves that image as it was', async () => {
    const before = await raw.hypervisor.storageVolGetInfo(
      await raw.hypervisor.storageVolLookupByPath(goldenPath()),
    )
    const backend = open()
    await Promise.all(['a', 'b'].map(async (token) => serving(backend, token)))
    const after = await raw.hypervisor.storageVolGetInfo(
      await raw.hypervisor.storageVolLookupByPath(goldenPath()),
    )
    expect(after).toEqual(before)
    await endAll(backend)
  })
})

describe('how a machine ended is told apart', () => {
  const table: readonly (readonly [
    name: string,
    end: (instance: Instance) => Promise<void>,
    status: string,
    reason: RegExp,
    what: RegExp,
  ])[] = [
    [
      'QEMU killed',
      async ({ id }) => raw.killQemu(id),
      'failed',
      /QEMU crashed or was killed/,
      /QEMU crashed/,
    ],
    [
      'destroyed by somebody',
      async ({ id }) => raw.hypervisor.domainDestroyFlags(await raw.find(id)),
      'stopped',
      /somebody destroyed it/,
      /destroyed by somebody/,
    ],
    [
      'powered off from inside',
      async (instance) => void (await ask(`${urlOf(instance)}/cgi-bin/poweroff`).catch(() => '')),
      'stopped',
      /powered off/,
      /powered off/,
    ],
    [
      'guest panic',
      async (instance) => void (await ask(`${urlOf(instance)}/cgi-bin/crash`, 0).catch(() => '')),
      'failed',
      /panicked/,
      /panicked/,
    ],
  ]
  for (const [name, end, status, reason, what] of table) {
    it(`of ${name}`, async () => {
      const backend = open()
      const instance = await serving(backend, 't1')
      const changes: string[] = []
      const watching = new AbortController()
      const watched = (async () => {
        for await (const change of backend.watch('web', { signal: watching.signal }))
          changes.push(change.what)
      })()
      await expect.poll(() => changes.length).toBeGreaterThan(0)
      await end(instance)
      await expect
        .poll(async () => (await backend.list('web', { signal: forever() }))[0], { timeout: 20_000 })
        .toMatchObject({ status, statusReason: expect.stringMatching(reason) })
      expect(changes.join('; ')).toMatch(what)
      watching.abort()
      await watched
      await endAll(backend)
    })
  }
})

describe('what is used', () => {
  const valueOf = (readings: readonly Reading[], name: string): number | undefined => {
    const found = readings.find((reading) => reading.name === name)
    return found?.kind === 'value' ? found.value : undefined
  }

  it('shows a busy machine as busy, and an idle one as idle, and their memory', async () => {
    const backend = open({ memoryEveryMs: 0 })
    const [busy, idle] = [await serving(backend, 'busy'), await serving(backend, 'idle')]
    const burning = ask(`${urlOf(busy)}/cgi-bin/burn?s=20&n=1`, 0).catch(() => '')
    const usage = async (of: Instance): Promise<readonly Reading[]> =>
      backend.usage([of], { signal: forever() })
    await expect
      .poll(async () => valueOf(await usage(busy), 'cpu'), { timeout: 20_000, interval: 1000 })
      .toBeGreaterThan(0.4)
    await expect
      .poll(async () => valueOf(await usage(idle), 'cpu'), { timeout: 20_000, interval: 1000 })
      .toBeLessThan(0.4)
    await expect
      .poll(async () => valueOf(await usage(idle), 'memory'), { timeout: 20_000, interval: 1000 })
      .toBeGreaterThan(2 ** 20)
    await endAll(backend)
    await burning
  })

  it('of the hypervisor itself is its CPU and its memory', async () => {
    const metrics = hypervisorMetrics({ hosts: [{ uri: uri() }] })
    const sample = async (): Promise<readonly Reading[]> =>
      metrics.sample({ group: 'web', instances: [], now: Date.now(), signal: forever() })
    const [first, memory] = await sample()
    expect(first?.kind).toBe('absent')
    expect(memory).toMatchObject({ kind: 'value', name: 'hypervisor.memory' })
    await expect
      .poll(async () => valueOf(await sample(), 'hypervisor.cpu'), { timeout: 20_000, interval: 600 })
      .toBeGreaterThan(0)
    await metrics.close?.()
  })
})

describe('the warm pool', () => {
  const warmUp = async (backend: KvmBackend, count: number): Promise<void> => {
    await backend.list('web', { signal: forever() })
    await expect
      .poll(
        async () => {
          const domains = (await raw.hypervisor.connectListAllDomains()).filter(({ name }) =>
            name.startsWith(scope),
          )
          const texts = await Promise.all(
            domains.map(async (ref) => raw.hypervisor.domainGetMetadata(ref, 'urn:flotilla:machine:1', 2)),
          )
          return texts.filter((text) => text.includes('ready')).length
        },
        { timeout: 120_000, interval: 200 },
      )
      .toBe(count)
  }

  for (const kind of ['paused', 'managed-save', 'stopped'] as const) {
    it(`gives a machine that waited (${kind}), fills itself up, and is ended`, async () => {
      const backend = open({ warmPool: { size: 1, kind }, address: addresses() })
      await warmUp(backend, 1)
      expect(await backend.list('web', { signal: forever() })).toEqual([])
      const startMs = performance.now()
      const launched = await backend.launch({ group: 'web', token: 't1' }, { signal: forever() })
      expect(launched.name).toMatch(/\._[0-9a-f]{12}$/)
      expect(launched.token).toBe('t1')
      await ask(`${urlOf(launched)}/health`)
      console.log(`warm pool, ${kind}: ${Math.round(performance.now() - startMs)} ms to the first answer`)
      expect((await backend.launch({ group: 'web', token: 't1' }, { signal: forever() })).id).toBe(
        launched.id,
      )
      await warmUp(backend, 1)
      const restarted = open({ address: addresses() })
      expect((await restarted.list('web', { signal: forever() })).map(({ id }) => id)).toEqual([launched.id])
      await restarted.close()
      await backend.endGroup('web', { signal: forever() })
      await endAll(backend)
    })
  }
})

describe('a connection to a real libvirtd', () => {
  it('is asked once for all groups that list within a tick', async () => {
    const faults = new Faults()
    const host = kvmHost({ uri: uri(), connect: async (where) => faulty(await connect(where), faults) })
    const groups = ['a', 'b', 'c', 'd', 'e']
    const backends = groups.map(() => open({ hosts: [host], scope }))
    const listAll = async (): Promise<unknown> =>
      Promise.all(groups.map(async (group, index) => backends[index]?.list(group, { signal: forever() })))
    // The first list of a group also looks for what may have been left behind.
    await listAll()
    await sleep(1500)
    faults.made.length = 0
    await listAll()
    expect(faults.made.filter((call) => call === 'connectListAllDomains')).toHaveLength(1)
    await host.close()
  })
})
