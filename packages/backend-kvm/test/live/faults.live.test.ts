import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FlotillaError, type Instance } from '@flotilla/core'
import { virsh } from '@flotilla/libvirt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KvmBackend } from '../../src/backend.js'
import type { KvmHost } from '../../src/host/host.js'
import { kvmHost } from '../../src/host/open-host.js'
import type { KvmOptions } from '../../src/options/kvm-options.js'
import { blankXml } from '../../src/xml/volume-xml.js'
import { forever } from '../helpers.js'
import { addresses, goldenPath, pidOfLibvirtd, pool, secondUri, uri } from './lab.js'
import { liveKvm, uniqueScope } from './live-kit.js'
import { RawHypervisor } from './raw.js'

let scope: string
let raw: RawHypervisor
let opened: KvmBackend[]

const web = { group: 'web', token: 't1' }

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

/** Until libvirtd is back. */
async function stubbornly<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (tries === 60) throw error
      await sleep(500)
    }
  }
}

async function refusal(launching: Promise<unknown>): Promise<FlotillaError> {
  const error: unknown = await launching.then(
    () => new Error('it was launched'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof FlotillaError) return error
  throw error
}

describe('libvirtd that is killed', () => {
  it('in the middle of a launch ends in one machine of the token, and the next launch finds or makes it', async () => {
    const foreign = await raw.makeForeign(`foreign-${scope}`)
    const backend = open({ address: addresses(), disks: [{ sizeMib: 1 }] })
    try {
      for (const afterMs of [0, 10, 30, 60, 100, 200, 400]) {
        const token = `t${afterMs}`
        const launching = backend.launch({ group: 'web', token }, { signal: forever() })
        launching.catch(() => {})
        await sleep(afterMs)
        process.kill(pidOfLibvirtd(), 'SIGKILL')
        const first = await launching.catch((error: unknown) => error as FlotillaError)
        if (first instanceof Error) expect(first).toBeInstanceOf(FlotillaError)
        const launched = await stubbornly(async () =>
          backend.launch({ group: 'web', token }, { signal: forever() }),
        )
        const listed = await stubbornly(async () => backend.list('web', { signal: forever() }))
        expect(listed.map(({ id }) => id)).toEqual([launched.id])
        const ids = listed.map(({ id }) => id)
        const { failed } = await stubbornly(async () => backend.terminate('web', ids, { signal: forever() }))
        expect(failed).toEqual([])
        expect(await stubbornly(async () => raw.leftovers(scope))).toEqual([])
      }
      expect(await raw.isRunning(foreign)).toBe(true)
    } finally {
      await raw.remove(foreign)
    }
  })

  it('leaves every machine running, and watch goes on when it is back', async () => {
    const backend = open()
    const { id } = await backend.launch(web, { signal: forever() })
    const words: string[] = []
    const watching = new AbortController()
    const watched = (async () => {
      for await (const { what } of backend.watch('web', { signal: watching.signal })) words.push(what)
    })()
    await expect.poll(() => words.length, { timeout: 10_000 }).toBe(1)
    process.kill(pidOfLibvirtd(), 'SIGKILL')
    await sleep(500)
    const [found] = await stubbornly(async () => backend.list('web', { signal: forever() }))
    expect(found).toMatchObject({ id, status: 'running' })
    await expect
      .poll(() => words.filter((word) => /tells of changes/.test(word)).length, { timeout: 60_000 })
      .toBeGreaterThan(1)
    // Of a machine that dies while libvirtd still finds its way back to it, libvirtd tells nothing.
    await sleep(3000)
    raw.killQemu(id)
    await expect.poll(() => words.at(-1), { timeout: 20_000 }).toMatch(/QEMU crashed/)
    watching.abort()
    await watched
  })
})

describe('a launch that cannot be', () => {
  const nothingLeft = async (): Promise<void> => expect(await raw.leftovers(scope)).toEqual([])

  it('for want of its golden image says which, and leaves nothing', async () => {
    const error = await refusal(
      open({ golden: { path: '/nowhere/golden.qcow2', format: 'qcow2' } }).launch(web, { signal: forever() }),
    )
    expect(error).toMatchObject({
      code: 'invalid-template',
      message: expect.stringContaining('/nowhere/golden.qcow2'),
    })
    await nothingLeft()
  })

  it('because the image is of another format than said names both', async () => {
    const error = await refusal(
      open({ golden: { path: goldenPath(), format: 'raw' } }).launch(web, { signal: forever() }),
    )
    expect(error).toMatchObject({ code: 'invalid-template', message: expect.stringMatching(/raw.*qcow2/) })
    await nothingLeft()
  })

  it('because a raw image is said to be qcow2 names both', async () => {
    const ref = await raw.hypervisor.storagePoolLookupByName(pool())
    const volume = await raw.hypervisor.storageVolCreateXml(ref, blankXml(`${scope}.raw`, 'raw', 2 ** 20))
    const path = await raw.hypervisor.storageVolGetPath(volume)
    const error = await refusal(
      open({ golden: { path, format: 'qcow2' } }).launch(web, { signal: forever() }),
    )
    await raw.hypervisor.storageVolDelete(volume)
    expect(error).toMatchObject({ code: 'invalid-template', message: expect.stringMatching(/qcow2.*raw/) })
    await nothingLeft()
  })

  it('for want of its network, or of its pool, says so', async () => {
    for (const options of [{ networks: ['nowhere'] }, { pool: 'nowhere' }]) {
      const error = await refusal(open(options).launch(web, { signal: forever() }))
      expect(error).toMatchObject({ code: 'invalid-template', message: expect.stringContaining('nowhere') })
    }
    await nothingLeft()
  })

  it('for want of memory is no-capacity', async () => {
    const error = await refusal(open({ memoryMib: 4_000_000 }).launch(web, { signal: forever() }))
    expect(error.code).toBe('no-capacity')
    await nothingLeft()
  })

  it('because a stranger has the name is a conflict, and the stranger lives on', async () => {
    const foreign = await raw.makeForeign(`${scope}.web.t1`)
    const error = await refusal(open().launch(web, { signal: forever() }))
    expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining(foreign) })
    expect(await raw.isRunning(foreign)).toBe(true)
  })

  it('because its XML is refused by libvirt is the template’s fault, and leaves nothing', async () => {
    const xml = (text: string): string => text.replace('<on_crash>destroy', '<on_crash>nonsense')
    const error = await refusal(open({ xml }).launch(web, { signal: forever() }))
    expect(error.code).toBe('invalid-template')
    await nothingLeft()
  })
})

describe('other ways to keep machines', () => {
  it('in a directory, by qemu-img, without a pool', async () => {
    const directory = dirname(goldenPath())
    const backend = open({
      directory,
      pool: undefined,
      disks: [{ sizeMib: 1 }],
      cloudInit: { userData: '#cloud-config\n' },
    })
    const { id } = await backend.launch(web, { signal: forever() })
    const ours = (): readonly string[] => readdirSync(directory).filter((name) => name.startsWith(scope))
    expect(ours()).toHaveLength(3)
    expect(await raw.isRunning(id)).toBe(true)
    await backend.terminate('web', [id], { signal: forever() })
    expect(ours()).toEqual([])
  })
})

describe('by virsh', () => {
  it('machines are made, listed, measured and ended too', async () => {
    const backend = open({ connect: async (where) => virsh(where), address: addresses() })
    const launched = await backend.launch(web, { signal: forever() })
    expect((await backend.launch(web, { signal: forever() })).id).toBe(launched.id)
    expect((await backend.list('web', { signal: forever() })).map(({ id, status }) => [id, status])).toEqual([
      [launched.id, 'running'],
    ])
    const readings = await backend.usage([launched], { signal: forever() })
    expect(readings.find(({ name }) => name === 'memory')?.kind).toBe('value')
    const { done } = await backend.terminate('web', [launched.id], { signal: forever() })
    expect(done).toEqual([launched.id])
    expect(await raw.leftovers(scope)).toEqual([])
  })
})

describe('two libvirtds', () => {
  let hosts: readonly KvmHost[]
  let second: RawHypervisor

  beforeEach(async () => {
    hosts = [kvmHost({ uri: uri(), zone: 'one' }), kvmHost({ uri: secondUri(), zone: 'two' })]
    second = await RawHypervisor.open(secondUri())
  })

  afterEach(async () => {
    await second.removeScope(scope)
    await second.close()
    for (const host of hosts) await host.close()
  })

  it('share the machines of a group; one that is killed makes none of them vanish', async () => {
    const backend = open({ hosts })
    const launched: Instance[] = []
    for (const token of ['a', 'b'])
      launched.push(await backend.launch({ group: 'web', token }, { signal: forever() }))
    expect(new Set(launched.map(({ zone }) => zone))).toEqual(new Set(['one', 'two']))
    const list = async (): Promise<readonly Instance[]> => backend.list('web', { signal: forever() })
    expect(await list()).toHaveLength(2)
    process.kill(pidOfLibvirtd(), 'SIGKILL')
    for (let round = 0; round < 20; round += 1) {
      expect((await list()).map(({ id }) => id).toSorted()).toEqual(launched.map(({ id }) => id).toSorted())
      await sleep(100)
    }
    await expect
      .poll(async () => (await list()).map(({ status }) => status), { timeout: 40_000 })
      .toEqual(['running', 'running'])
    const { failed } = await backend.terminate(
      'web',
      launched.map(({ id }) => id),
      { signal: forever() },
    )
    expect(failed).toEqual([])
    expect([...(await raw.leftovers(scope)), ...(await second.leftovers(scope))]).toEqual([])
  })
})
