import { execFile } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Instance } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KvmBackend } from '../../src/backend.js'
import type { KvmOptions } from '../../src/options/kvm-options.js'
import { forever } from '../helpers.js'
import {
  goldenPath,
  holdSecondLibvirtd,
  secondAddress,
  secondUri,
  sharedDirectory,
  sharedPool,
  uri,
} from './lab.js'
import { liveKvm, uniqueScope } from './live-kit.js'

const run = promisify(execFile)
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** What an operator does. */
async function virsh(where: string, ...args: readonly string[]): Promise<string> {
  return (await run('virsh', ['-c', where, '-q', ...args], { env: { ...process.env, LC_ALL: 'C' } })).stdout
}

let scope: string
let opened: KvmBackend[]
let folder: string

const open = (uris: readonly string[], options: Partial<KvmOptions> = {}): KvmBackend => {
  const golden = { pool: sharedPool(), volume: baseName(goldenPath()) }
  const backend = liveKvm(scope, {
    uris,
    golden,
    pool: sharedPool(),
    address: 'none',
    orphanAfterMs: 1000,
    ...options,
  })
  opened.push(backend)
  return backend
}

const launch = async (backend: KvmBackend, token = 't1'): Promise<Instance> =>
  backend.launch({ group: 'web', token }, { signal: forever() })
const list = async (backend: KvmBackend): Promise<readonly Instance[]> =>
  backend.list('web', { signal: forever() })
const end = async (backend: KvmBackend, id: string): ReturnType<KvmBackend['terminate']> =>
  backend.terminate('web', [id], { signal: forever() })

/** As a controller does, for longer than anything is left alone. */
async function live(backend: KvmBackend, seconds = 6): Promise<readonly Instance[]> {
  const endMs = performance.now() + seconds * 1000
  while (performance.now() < endMs) {
    await list(backend)
    await sleep(250)
  }
  return list(backend)
}

const files = (): readonly string[] =>
  readdirSync(sharedDirectory()).filter((file) => file.startsWith(`${scope}.`))
const told = (backend: KvmBackend): string =>
  backend
    .problems('web')
    .map(({ message }) => message)
    .join('\n')

async function namesOn(where: string): Promise<readonly string[]> {
  return (await virsh(where, 'list', '--all', '--name'))
    .split('\n')
    .filter((name) => name.startsWith(`${scope}.`) || name.startsWith(`${scope}-`))
}

beforeEach(async () => {
  scope = uniqueScope()
  opened = []
  folder = await mkdtemp(join(tmpdir(), 'flotilla-live-'))
})

afterEach(async () => {
  for (const backend of opened) await backend.close()
  for (const where of [uri(), secondUri()]) {
    for (const name of await namesOn(where)) {
      await virsh(where, 'destroy', name).catch(() => {})
      await virsh(where, 'undefine', name, '--snapshots-metadata', '--checkpoints-metadata').catch(() => {})
    }
  }
  for (const file of files()) await rm(join(sharedDirectory(), file))
  for (const where of [uri(), secondUri()]) await virsh(where, 'pool-refresh', sharedPool())
  await rm(folder, { recursive: true, force: true })
})

/** A powered-off domain of somebody's that has a disk. */
async function debugDomain(where: string, disk: string): Promise<string> {
  const name = `${scope}-debug`
  const xml =
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>16</memory><os><type>hvm</type></os><devices>` +
    `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/><target dev='vda' bus='virtio'/></disk>` +
    '</devices></domain>'
  const file = join(folder, 'debug.xml')
  writeFileSync(file, xml)
  await virsh(where, 'define', file)
  return name
}

/** Live, as it keeps its definition where it was. */
const migrate = async (name: string): Promise<string> => {
  const [how, stream] = ['--live --persistent --unsafe', `--migrateuri tcp://${secondAddress()}`]
  return virsh(uri(), 'migrate', ...how.split(' '), name, secondUri(), ...stream.split(' '))
}

describe('on storage that two hypervisors share', () => {
  it('a machine ends with its snapshots, its checkpoint and nothing else', async () => {
    const backend = open([uri(), secondUri()])
    const { id, name, zone } = await launch(backend)
    const where = zone === undefined && (await namesOn(uri())).includes(name) ? uri() : secondUri()
    await virsh(where, 'snapshot-create-as', name, 's1', '--disk-only')
    await virsh(where, 'snapshot-create-as', name, 's2', '--disk-only')
    await virsh(where, 'checkpoint-create-as', name, 'b1')
    expect(files()).toHaveLength(3)
    expect((await end(backend, id)).failed).toEqual([])
    expect(files()).toEqual([])
    expect([...(await namesOn(uri())), ...(await namesOn(secondUri()))]).toEqual([])
  })

  it('a migrated machine keeps its disk; its old definition goes alone, and it is ended from where it is', async () => {
    const first = open([uri()])
    const { id, name } = await launch(first)
    await migrate(name)
    const backend = open([uri(), secondUri()], { sharedStorage: false })
    expect((await live(backend)).map(({ status }) => status)).toEqual(['running'])
    expect([await namesOn(uri()), await namesOn(secondUri())]).toEqual([[], [name]])
    expect(files()).toHaveLength(1)
    expect((await virsh(secondUri(), 'domstate', name)).trim()).toBe('running')
    // The second hypervisor's pool has never heard of the file.
    expect((await end(backend, id)).failed).toEqual([])
    expect(files()).toEqual([])
  })

  it('a machine that was migrated to where nobody is asked is left alone, with what is its', async () => {
    const backend = open([uri()], { sharedStorage: false })
    const { id, name } = await launch(backend)
    await migrate(name)
    await live(backend, 3)
    expect((await end(backend, id)).failed[0]?.error.code).toBe('conflict')
    expect(files()).toHaveLength(1)
    expect(told(backend)).toContain('was migrated away')
  })

  it('controllers of one group that list one hypervisor each leave each other’s disks', async () => {
    for (const sharedStorage of [true, false]) {
      const [one, two] = [open([uri()], { sharedStorage }), open([secondUri()], { sharedStorage })]
      await launch(one, `a-${sharedStorage}`)
      await launch(two, `b-${sharedStorage}`)
      await Promise.all([live(one), live(two)])
      expect(files()).toHaveLength(sharedStorage ? 2 : 4)
    }
  })

  it('a disk waits while another listed hypervisor is down, also with sharedStorage: false', async () => {
    const { id } = await launch(open([uri()]))
    const backend = open([uri(), secondUri()], { sharedStorage: false, timeoutMs: 5000 })
    expect((await list(backend)).map((one) => one.id)).toEqual([id])
    const second = holdSecondLibvirtd()
    try {
      expect(await end(backend, id)).toEqual({ done: [id], failed: [] })
      expect(await list(backend)).toEqual([])
      expect(files()).toHaveLength(1)
      expect(told(backend)).toMatch(/stays, though its machine .* was ended: somebody there may use it/)
    } finally {
      second.release()
    }
    const left = async (): Promise<readonly string[]> => {
      await list(backend)
      return files()
    }
    await expect.poll(left, { timeout: 60_000, interval: 500 }).toEqual([])
    expect(await namesOn(uri())).toEqual([])
  })

  it('a renamed machine, and one without our metadata, keep their disks', async () => {
    const backend = open([uri()], { sharedStorage: false })
    const [a, b] = [await launch(backend, 'a'), await launch(backend, 'b')]
    await list(backend)
    await virsh(uri(), 'destroy', a.name)
    await virsh(uri(), 'domrename', a.name, `${scope}-keep`)
    const metadata = ['metadata', b.name, '--uri', 'urn:flotilla:machine:1', '--remove', '--live', '--config']
    await virsh(uri(), ...metadata)
    expect(await live(backend, 14)).toEqual([])
    expect(files()).toHaveLength(2)
    expect((await virsh(uri(), 'domstate', b.name)).trim()).toBe('running')
    expect(told(backend)).toContain(`the domain ${scope}-keep`)
    expect(told(backend)).toContain('no metadata of Flotilla')
  })

  it('a disk that somebody’s domain uses stays, and goes when that does', async () => {
    const backend = open([uri(), secondUri()])
    const { id } = await launch(backend)
    const [file = ''] = files()
    const name = await debugDomain(secondUri(), join(sharedDirectory(), file))
    expect((await end(backend, id)).done).toEqual([id])
    expect(await live(backend, 3)).toEqual([])
    expect(files()).toEqual([file])
    expect(told(backend)).toContain(`the domain ${name}`)
    await virsh(secondUri(), 'undefine', name)
    await live(backend, 4)
    expect(files()).toEqual([])
    expect(backend.problems('web')).toEqual([])
  })

  it('a disk that somebody works on top of stays: outside every pool, and powered off', async () => {
    const backend = open([uri()])
    const { id } = await launch(backend)
    const [file = ''] = files()
    const overlay = join(folder, 'work.qcow2')
    await virsh(uri(), 'suspend', (await list(backend))[0]?.name ?? '')
    const base = join(sharedDirectory(), file)
    await run('qemu-img', ['create', '-q', '-u', '-f', 'qcow2', '-b', base, '-F', 'qcow2', overlay, '64M'])
    await debugDomain(uri(), overlay)
    await end(backend, id)
    expect(files()).toEqual([file])
    expect(told(backend)).toContain('is based on it')
  })

  it('what a program has open, unknown to any libvirt, stays: QEMU’s lock tells', async () => {
    const backend = open([uri()], { sharedStorage: false })
    const { name } = await launch(backend)
    const [file = ''] = files()
    await virsh(uri(), 'destroy', name)
    await virsh(uri(), 'undefine', name)
    const image = `driver=qcow2,node-name=d,file.driver=file,file.filename=${join(sharedDirectory(), file)}`
    const quiet = '-machine none -display none -nodefaults -S -blockdev'
    const locked = execFile('qemu-system-x86_64', [...quiet.split(' '), image])
    try {
      await live(backend)
      expect(files()).toEqual([file])
      expect(told(backend)).toContain('QEMU holds a lock')
    } finally {
      locked.kill('SIGKILL')
    }
    await live(backend, 4)
    expect(files()).toEqual([])
  })
})

describe('one hypervisor under two spellings', () => {
  it('is refused with both, before anything is done', async () => {
    const twice = open([uri(), 'qemu+tcp://127.0.0.1/system'])
    await expect(launch(twice)).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('are one hypervisor') as string,
    })
    expect(files()).toEqual([])
  })
})
