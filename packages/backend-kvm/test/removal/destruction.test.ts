import { randomUUID } from 'node:crypto'
import { FakeClock } from '@flotilla/core/testing'
import type { Instance } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import type { KvmBackend } from '../../src/backend.js'
import type { KvmOptions } from '../../src/options/kvm-options.js'
import { FakeDomain } from '../fakes/fake-domain.js'
import { libvirtError } from '../fakes/fake-errors.js'
import { FakeHypervisor } from '../fakes/fake-hypervisor.js'
import { forever } from '../helpers.js'
import { fakeKvm, leftoversOf } from '../kvm-kit.js'

/** Two hypervisors with one shared pool, as NFS gives them. */
function rig() {
  const clock = new FakeClock()
  const one = new FakeHypervisor({ clock, uri: 'qemu+ssh://one/system' })
  const two = new FakeHypervisor({ clock, uri: 'qemu+ssh://two/system' })
  two.pools.set('default', one.pool)
  const open = (fakes: readonly FakeHypervisor[], options: Partial<KvmOptions> = {}): KvmBackend =>
    fakeKvm(fakes, { clock, options: { orphanAfterMs: 60_000, shutdownMs: 0, ...options } })
  const run = async <T>(work: Promise<T>): Promise<T> => clock.runUntil(work)
  const launch = async (backend: KvmBackend, token = 't1'): Promise<Instance> =>
    run(backend.launch({ group: 'web', token }, { signal: forever() }))
  const list = async (backend: KvmBackend): Promise<readonly Instance[]> =>
    run(backend.list('web', { signal: forever() }))
  const end = async (backend: KvmBackend, ...ids: readonly string[]) =>
    run(backend.terminate('web', ids, { signal: forever() }))
  /** As a controller would, for longer than anything is left alone. */
  const live = async (backend: KvmBackend, minutes = 20): Promise<void> => {
    for (let minute = 0; minute < minutes; minute += 1) {
      await list(backend)
      await clock.advance(61_000)
    }
    await list(backend)
    await clock.settle()
  }
  const filesOf = (token = 't1'): readonly string[] =>
    [...one.pool.volumes.keys()].filter((file) => file.startsWith(`flotilla.web.${token}.`))
  return { clock, one, two, open, run, launch, list, end, live, filesOf }
}

const told = (backend: KvmBackend): string =>
  backend
    .problems('web')
    .map(({ about, message }) => `${about}: ${message}`)
    .join('\n')

const pathOf = (fake: FakeHypervisor, id: string): string => fake.get(id).disks[0] ?? ''

/** As `virsh migrate --live --persistent` does it, without `--undefinesource`. */
function migrate(from: FakeHypervisor, to: FakeHypervisor, id: string, clock: FakeClock): void {
  const source = from.get(id)
  const there = new FakeDomain(source.xml, clock)
  there.start(77)
  there.config = source.config
  there.live = source.live
  to.domains.set(id, there)
  source.stop(4)
}

describe('a machine that is ended', () => {
  it('takes its disk with it, and the files of its snapshots, its checkpoints and its managed save', async () => {
    const { one, open, launch, end } = rig()
    const backend = open([one])
    const { id } = await launch(backend)
    const domain = one.get(id)
    const path = pathOf(one, id)
    const snapshot = path.replace(/qcow2$/, 's1')
    domain.xml = domain.xml.replaceAll(`'${path}'`, `'${snapshot}'`).replaceAll(`"${path}"`, `"${snapshot}"`)
    domain.snapshots.set('s1', `<domainsnapshot><disk><source file='${snapshot}'/></disk></domainsnapshot>`)
    domain.hasCheckpoint = true
    domain.saved = 'saved'
    // One that libvirt has not heard of yet, and one that was merged back and left its file.
    one.pool.unseen.set(snapshot.slice(6), {
      format: 'qcow2',
      capacityBytes: 1n,
      backing: path,
      content: undefined,
    })
    const merged = path.replace(/qcow2$/, 's0')
    one.pool.volumes.set(merged.slice(6), {
      format: 'qcow2',
      capacityBytes: 1n,
      backing: path,
      content: undefined,
    })
    expect((await end(backend, id)).failed).toEqual([])
    one.pool.refresh()
    expect(leftoversOf(one)).toEqual([])
    expect(backend.problems('web')).toEqual([])
  })

  it('keeps its disk until the files of its snapshots are gone: without it nobody could tell whose they are', async () => {
    const { one, open, launch, end } = rig()
    const backend = open([one])
    const { id } = await launch(backend)
    const domain = one.get(id)
    const path = pathOf(one, id)
    const snapshot = path.replace(/qcow2$/, 's1')
    domain.xml = domain.xml.replaceAll(`'${path}'`, `'${snapshot}'`).replaceAll(`"${path}"`, `"${snapshot}"`)
    one.pool.unseen.set(snapshot.slice(6), {
      format: 'qcow2',
      capacityBytes: 1n,
      backing: path,
      content: undefined,
    })
    one.arm('storagePoolRefresh', { kind: 'fail', error: libvirtError(55, 18, 'storage pool is not active') })
    expect((await end(backend, id)).failed).toHaveLength(1)
    expect(one.pool.volumes.has(path.slice(6))).toBe(true)
    expect((await end(backend, id)).failed).toEqual([])
    one.pool.refresh()
    expect(leftoversOf(one)).toEqual([])
  })

  it('leaves what somebody copied from its disk, whatever that is called', async () => {
    const { one, open, launch, end } = rig()
    const backend = open([one])
    const { id } = await launch(backend)
    const backup = `${pathOf(one, id).slice(6)}.1795311727`
    one.pool.volumes.set(backup, {
      format: 'qcow2',
      capacityBytes: 1n,
      backing: undefined,
      content: undefined,
    })
    await end(backend, id)
    expect(leftoversOf(one)).toEqual([`file ${backup}`])
  })

  const users: readonly (readonly [name: string, use: (fake: FakeHypervisor, path: string) => () => void])[] =
    [
      [
        'a running domain has it as its disk',
        (fake, path) => {
          const uuid = fake.addForeign('debug', path)
          return () => fake.domains.delete(uuid)
        },
      ],
      [
        'a powered-off domain has it as its disk',
        (fake, path) => {
          const uuid = fake.addForeign('debug', path)
          fake.get(uuid).stop(2)
          return () => fake.domains.delete(uuid)
        },
      ],
      [
        'the stored definition of a running domain names it',
        (fake, path) => {
          const uuid = fake.addForeign('debug')
          fake.get(uuid).liveXml = fake.get(uuid).xml
          fake.get(uuid).xml = fake.get(uuid).xml.replace('/elsewhere/own.qcow2', path)
          return () => fake.domains.delete(uuid)
        },
      ],
      [
        'a running domain has it in its backing chain',
        (fake, path) => {
          const uuid = fake.addTransient('debug')
          const backing = `<backingStore type='file'><source file='${path}'/></backingStore></disk>`
          fake.get(uuid).liveXml = fake.get(uuid).xml.replace('</disk>', backing)
          return () => fake.domains.delete(uuid)
        },
      ],
      [
        'a snapshot of another domain names it',
        (fake, path) => {
          const uuid = fake.addForeign('debug')
          fake.get(uuid).snapshots.set('s', `<domainsnapshot><source file='${path}'/></domainsnapshot>`)
          return () => fake.domains.delete(uuid)
        },
      ],
      [
        'a powered-off domain has a disk that is based on it',
        (fake, path) => {
          const file = { format: 'qcow2', capacityBytes: 1n, backing: path, content: undefined }
          fake.pools.set(
            'work',
            Object.assign(Object.create(fake.pool), {
              directory: '/work',
              name: 'work',
              volumes: new Map([['d.qcow2', file]]),
            }),
          )
          const uuid = fake.addForeign('debug', '/work/d.qcow2')
          fake.get(uuid).stop(2)
          return () => fake.domains.delete(uuid)
        },
      ],
      [
        'a powered-off domain has a disk of which nobody can tell what it is based on',
        (fake) => {
          const uuid = fake.addForeign('debug', '/nowhere/d.qcow2')
          fake.get(uuid).stop(2)
          return () => fake.domains.delete(uuid)
        },
      ],
      [
        'a file beside it is based on it',
        (fake, path) => {
          fake.pool.volumes.set('mine.qcow2', {
            format: 'qcow2',
            capacityBytes: 1n,
            backing: path,
            content: undefined,
          })
          return () => fake.pool.volumes.delete('mine.qcow2')
        },
      ],
    ]
  const places = [
    { at: 'one', sharedStorage: true },
    { at: 'two', sharedStorage: true },
    // Both are listed: that no other one reaches the pool says nothing of these.
    { at: 'two', sharedStorage: false },
  ] as const
  for (const { at, sharedStorage } of places) {
    for (const [name, use] of users) {
      // What is based on what is seen by the pool that has it.
      if (at === 'two' && name.startsWith('a file')) continue
      it(`leaves its disk while ${name} on hypervisor ${at}, tells it, and takes it once that is over (sharedStorage: ${sharedStorage})`, async () => {
        const parts = rig()
        const { one, launch, list, end, live, filesOf } = parts
        const backend = parts.open([one, parts.two], { sharedStorage })
        parts.two.freeKib = 3n * 1024n * 1024n
        const { id } = await launch(backend)
        const path = pathOf(one, id)
        const over = use(parts[at], path)
        expect((await end(backend, id)).done).toEqual([id])
        expect(filesOf()).toHaveLength(1)
        expect(await list(backend)).toEqual([])
        expect(told(backend)).toContain(path)
        await live(backend)
        expect(filesOf()).toHaveLength(1)
        expect(told(backend)).toContain(path)
        over()
        await live(backend, 3)
        expect(filesOf()).toEqual([])
        expect(one.domains.has(id)).toBe(false)
        expect(backend.problems('web')).toEqual([])
      })
    }
  }

  it('leaves its disk while a listed hypervisor does not answer, and takes it when that is back', async () => {
    const { one, two, open, launch, list, end, live, filesOf } = rig()
    const backend = open([one, two])
    two.freeKib = 3n * 1024n * 1024n
    const { id } = await launch(backend)
    await list(backend)
    two.goDown()
    await end(backend, id)
    await live(backend, 5)
    expect(filesOf()).toHaveLength(1)
    expect(told(backend)).toContain('qemu+ssh://two/system does not answer')
    two.comeBack()
    await live(backend, 5)
    expect(filesOf()).toEqual([])
    expect(backend.problems('web')).toEqual([])
  })

  it('keeps its DHCP host entry while another domain has its MAC address', async () => {
    const { one, open, launch, end, live } = rig()
    const backend = open([one], { address: { from: '192.168.122.200', to: '192.168.122.210' } })
    const { id } = await launch(backend)
    const copy = one.addForeign('copy')
    one.get(copy).xml = one
      .get(copy)
      .xml.replace('</domain>', `<mac address='${one.get(id).cards[0]?.mac}'/></domain>`)
    await end(backend, id)
    expect(one.network.entries).toHaveLength(1)
    expect(told(backend)).toContain('DHCP host entry')
    one.domains.delete(copy)
    await live(backend, 3)
    expect(leftoversOf(one)).toEqual([])
  })
})

describe('a machine that was migrated', () => {
  it('keeps its disk where its old definition stays behind; the definition goes alone', async () => {
    const { one, two, clock, open, launch, list, live, filesOf } = rig()
    const backend = open([one, two])
    two.freeKib = 3n * 1024n * 1024n
    const { id } = await launch(backend)
    migrate(one, two, id, clock)
    await live(backend)
    expect((await list(backend)).map(({ zone, status }) => [zone, status])).toEqual([['two', 'running']])
    expect(filesOf()).toHaveLength(1)
    expect(one.domains.has(id)).toBe(false)
    expect(two.get(id).isActive).toBe(true)
    expect(backend.problems('web')).toEqual([])
  })

  it('is ended whole, its old definition with it', async () => {
    const { one, two, clock, open, launch, list, end } = rig()
    const backend = open([one, two])
    two.freeKib = 3n * 1024n * 1024n
    const { id } = await launch(backend)
    migrate(one, two, id, clock)
    await list(backend)
    await clock.advance(1000)
    expect((await end(backend, id)).failed).toEqual([])
    expect([...leftoversOf(one), ...leftoversOf(two)]).toEqual([])
  })

  for (const isForgotten of [false, true]) {
    it(`to one that is not listed is never touched${isForgotten ? ', also when libvirt has forgotten it' : ''}`, async () => {
      const { one, two, clock, open, launch, list, end, live, filesOf } = rig()
      const backend = open([one])
      const { id } = await launch(backend)
      migrate(one, two, id, clock)
      await clock.advance(1000)
      await list(backend)
      await clock.settle()
      if (isForgotten) one.forgetReasons()
      const report = await end(backend, id)
      expect(report.failed.map(({ error }) => error.code)).toEqual(['conflict'])
      await live(backend)
      expect(filesOf()).toHaveLength(1)
      expect(two.get(id).isActive).toBe(true)
      expect(told(backend)).toContain('was migrated away')
    })
  }

  it('keeps its address, whose host entry stays where it was made, also for the next controller', async () => {
    const { one, two, clock, open, launch, list } = rig()
    const address = { from: '192.168.122.200', to: '192.168.122.210' }
    const options = { port: 80, address, sharedStorage: false }
    two.freeKib = 3n * 1024n * 1024n
    const { id } = await launch(open([one], options))
    migrate(one, two, id, clock)
    const next = open([one, two], options)
    await list(next)
    await clock.advance(5000)
    expect((await list(next)).map((instance) => instance.address?.host)).toEqual([address.from])
  })

  it('and is on its way is as it is where it runs, and not as the paused copy that is being filled', async () => {
    for (const to of ['one', 'two'] as const) {
      const { one, two, clock, open, launch, list } = rig()
      const [from, there] = to === 'two' ? [one, two] : [two, one]
      const backend = open([one, two])
      there.freeKib = 3n * 1024n * 1024n
      const { id } = await launch(backend)
      await list(backend)
      migrate(from, there, id, clock)
      from.get(id).start(5)
      // VIR_DOMAIN_PAUSED_MIGRATION.
      there.get(id).state = { state: 'paused', reason: 2 }
      await clock.advance(5000)
      const [{ status, impaired } = { status: undefined, impaired: undefined }] = await list(backend)
      expect({ to, status, impaired }).toEqual({ to, status: 'running', impaired: undefined })
    }
  })

  it('and is being migrated at this moment is not ended', async () => {
    const { one, two, clock, open, launch, end } = rig()
    const backend = open([one, two])
    two.freeKib = 3n * 1024n * 1024n
    const { id } = await launch(backend)
    migrate(one, two, id, clock)
    one.get(id).start(5)
    const report = await end(backend, id)
    expect(report.failed[0]?.error.message).toContain('being migrated')
    expect([one.get(id).isActive, two.get(id).isActive]).toEqual([true, true])
  })
})

describe('what no machine names', () => {
  const renamed = (fake: FakeHypervisor, id: string): void => {
    fake.get(id).stop(2)
    fake.get(id).name = 'keep'
  }
  const unmarked = (fake: FakeHypervisor, id: string): void => {
    fake.get(id).config = undefined
    fake.get(id).live = undefined
  }
  const deeds = { 'destroyed and renamed': renamed, 'without its metadata': unmarked }
  for (const [name, deed] of Object.entries(deeds)) {
    for (const sharedStorage of [true, false]) {
      it(`is a machine's that somebody has ${name}: its disk stays (sharedStorage: ${sharedStorage})`, async () => {
        const { one, open, launch, list, live, filesOf } = rig()
        const backend = open([one], { sharedStorage })
        const { id } = await launch(backend)
        await list(backend)
        deed(one, id)
        await live(backend)
        expect(await list(backend)).toEqual([])
        expect(filesOf()).toHaveLength(1)
        expect(one.domains.has(id)).toBe(true)
        expect(told(backend)).toContain(filesOf()[0])
      })
    }
  }

  it('stays by default, for a hypervisor that is not listed may use it; told with what would do', async () => {
    const { one, open, launch, live, filesOf } = rig()
    const backend = open([one])
    const { id } = await launch(backend)
    one.domains.delete(id)
    await live(backend)
    expect(filesOf()).toHaveLength(1)
    expect(told(backend)).toMatch(/sharedStorage: false.*vol-delete/)
  })

  it('goes where no other hypervisor reaches the storage', async () => {
    const { one, open, launch, live, filesOf } = rig()
    const backend = open([one], { sharedStorage: false })
    const { id } = await launch(backend)
    one.domains.delete(id)
    await live(backend)
    expect(filesOf()).toEqual([])
    expect(backend.problems('web')).toEqual([])
  })

  it('is left to whoever lists the hypervisor that made it: one group, one controller each, one pool', async () => {
    for (const sharedStorage of [true, false]) {
      const { one, two, open, launch, live, filesOf } = rig()
      const [first, second] = [open([one], { sharedStorage }), open([two], { sharedStorage })]
      await launch(first, 'a')
      await launch(second, 'b')
      await live(first)
      await live(second)
      expect([filesOf('a').length, filesOf('b').length]).toEqual([1, 1])
      expect(told(first)).toContain('not listed here')
    }
  })

  it('is left alone when a hypervisor is taken out of the list', async () => {
    for (const sharedStorage of [true, false]) {
      const { one, two, open, launch, live, filesOf } = rig()
      const both = open([one, two], { sharedStorage: true })
      for (const token of ['a', 'b']) await launch(both, token)
      expect([one.domains.size, two.domains.size]).toEqual([1, 1])
      await live(open([one], { sharedStorage }))
      expect([...filesOf('a'), ...filesOf('b')]).toHaveLength(2)
    }
  })
})

describe('a hypervisor under two spellings', () => {
  it('is refused at first contact, with both of them', async () => {
    const { one, two, open, list } = rig()
    two.hostUuid = one.hostUuid
    await expect(list(open([one, two]))).rejects.toMatchObject({
      code: 'invalid-options',
      field: 'uris',
      message: expect.stringMatching(
        /one\/system and qemu\+ssh:\/\/two\/system are one hypervisor.*host_uuid/,
      ) as string,
    })
  })
})

describe('the end of a group', () => {
  it('gives back the host entry of a machine that was migrated, whose old definition went a moment ago', async () => {
    const { one, two, clock, open, launch, end, run } = rig()
    const address = { from: '192.168.122.200', to: '192.168.122.210' }
    const backend = open([one, two], { port: 80, address })
    two.freeKib = 3n * 1024n * 1024n
    const { id } = await launch(backend)
    migrate(one, two, id, clock)
    expect((await end(backend, id)).failed).toEqual([])
    expect((await run(backend.endGroup('web', { signal: forever() }))).failed).toEqual([])
    expect([...leftoversOf(one), ...leftoversOf(two)]).toEqual([])
  })

  it('tells what it could not remove', async () => {
    const { one, open, launch, end, run } = rig()
    const backend = open([one], { warmPool: { size: 0 } })
    const { id } = await launch(backend)
    const path = pathOf(one, id)
    const debug = one.addForeign('debug', path)
    await end(backend, id)
    const report = await run(backend.endGroup('web', { signal: forever() }))
    expect(report.failed.map(({ id: what }) => what)).toEqual([path])
    one.domains.delete(debug)
    await run(new Promise<void>((resolve) => resolve()))
    const again = open([one])
    expect(await run(again.endGroup('web', { signal: forever() }))).toEqual({ done: [], failed: [] })
    expect(leftoversOf(one)).toEqual([])
  })
})

describe('a pool of thousands of files', () => {
  it('costs a sweep one list of names, and a tick nothing', async () => {
    const { one, clock, open, launch, list } = rig()
    const backend = open([one])
    await launch(backend)
    for (let index = 0; index < 10_000; index += 1) {
      const file = `flotilla.other.t${index}.${randomUUID().slice(0, 8)}-01234567.qcow2`
      one.pool.volumes.set(file, {
        format: 'qcow2',
        capacityBytes: 1n,
        backing: undefined,
        content: undefined,
      })
    }
    await list(backend)
    await clock.settle()
    one.calls.made.length = 0
    for (let tick = 0; tick < 60; tick += 1) {
      await clock.advance(1000)
      await list(backend)
      await clock.settle()
    }
    expect(one.count('storagePoolListAllVolumes')).toBeLessThanOrEqual(2)
    expect(one.count('storageVolGetXmlDesc') + one.count('domainGetXmlDesc')).toBe(0)
  })
})
