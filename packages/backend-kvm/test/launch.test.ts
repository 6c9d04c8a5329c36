import { FlotillaError, type Instance } from '@flotilla/core'
import { FakeClock } from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'
import { readOwner } from '../src/labels.js'
import { fileStem, hostMark } from '../src/names.js'
import { attributeOf, elementsAt, parseXml } from '../src/xml/xml.js'
import { goneError, libvirtError } from './fakes/fake-errors.js'
import { FakeHypervisor, goldenBytes } from './fakes/fake-hypervisor.js'
import { FakePool } from './fakes/fake-storage.js'
import { forever } from './helpers.js'
import { fakeKvm, leftoversOf, type FakeSetting } from './kvm-kit.js'

const web = { group: 'web', token: 't1' }

const launch = async (fake: FakeHypervisor, setting: FakeSetting = {}): Promise<Instance> =>
  fakeKvm(fake, setting).launch(web, { signal: forever() })

const refusal = async (launching: Promise<unknown>): Promise<FlotillaError> => {
  const error: unknown = await launching.then(
    () => new Error('it was launched'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof FlotillaError) return error
  throw error
}

describe('a launch', () => {
  it('makes a linked clone, with the owner on the domain, on its files and in its name', async () => {
    const fake = new FakeHypervisor()
    const { id, name, zone, templateHash } = await launch(fake, {
      options: { disks: [{ sizeMib: 5 }, { sizeMib: 6 }], consoleLog: true },
    })
    expect(name).toBe('flotilla.web.t1')
    expect(zone).toBe('one')
    const { config, disks } = fake.get(id)
    expect(readOwner(config ?? '')).toMatchObject({
      uuid: id,
      scope: 'flotilla',
      group: 'web',
      token: 't1',
      templateHash,
    })
    const stem = fileStem({ scope: 'flotilla', group: 'web', key: 't1' }, id, hostMark(fake.hostUuid))
    expect(disks).toEqual([`/pool/${stem}.qcow2`, `/pool/${stem}.disk1.qcow2`, `/pool/${stem}.disk2.qcow2`])
    expect(fake.pool.volumes.get(`${stem}.qcow2`)).toMatchObject({
      backing: '/pool/golden.qcow2',
      capacityBytes: goldenBytes,
    })
    expect(fake.pool.volumes.get(`${stem}.disk2.qcow2`)?.capacityBytes).toBe(6n * 2n ** 20n)
    expect([...fake.pool.volumes.keys()]).toContain(`${stem}.console.log`)
  })

  it('puts clones into the pool that is said, and lets the hook have the last word', async () => {
    const fake = new FakeHypervisor()
    fake.pools.set('fast', new FakePool('fast', '/fast'))
    const xml = (text: string): string => text.replace('<on_crash>destroy', '<on_crash>preserve')
    const { id } = await launch(fake, { options: { pool: 'fast', xml } })
    expect(fake.get(id).disks[0]).toMatch(/^\/fast\//)
    expect(fake.get(id).xml).toContain('<on_crash>preserve')
  })

  it('takes a golden image by its path, in whatever pool it is', async () => {
    const fake = new FakeHypervisor()
    const golden = { path: '/pool/golden.qcow2', format: 'qcow2' } as const
    const { id } = await launch(fake, { options: { golden, pool: 'default' } })
    expect(fake.get(id).isActive).toBe(true)
  })

  it('uploads a seed for cloud-init that the machine reads, and never writes', async () => {
    const fake = new FakeHypervisor()
    const { id } = await launch(fake, {
      options: { cloudInit: { userData: '#cloud-config\nhostname: x\n' } },
    }).catch((error: unknown) => {
      // Without a program that makes ISO images this says so, and nothing is left.
      expect(error).toMatchObject({ code: 'unsupported' })
      expect(leftoversOf(fake)).toEqual([])
      return { id: undefined }
    })
    if (id === undefined) return
    const stem = fileStem({ scope: 'flotilla', group: 'web', key: 't1' }, id, hostMark(fake.hostUuid))
    const seed = fake.pool.volumes.get(`${stem}.seed.iso`)
    expect(new TextDecoder('latin1').decode(seed?.content)).toContain('#cloud-config')
    const disks = elementsAt(parseXml(fake.get(id).xml, 'test'), 'devices', 'disk')
    expect(disks.filter((disk) => elementsAt(disk, 'readonly').length > 0)).toHaveLength(1)
    expect(attributeOf(elementsAt(disks[1] ?? disks[0]!, 'driver')[0], 'type')).toBe('raw')
  })

  const refused: readonly (readonly [
    name: string,
    arrange: (fake: FakeHypervisor) => void,
    code: string,
    words: RegExp,
    options?: FakeSetting['options'],
  ])[] = [
    ['there is no golden image', (fake) => fake.pool.volumes.clear(), 'invalid-template', /golden.qcow2/],
    [
      'the golden image is a disk of a running domain',
      (fake) => void fake.addForeign('builder', '/pool/golden.qcow2'),
      'invalid-template',
      /disk of the running domain builder/,
    ],
    [
      'the golden image is of another format than said',
      () => {},
      'invalid-template',
      /said to be raw, and it is qcow2/,
      { golden: { path: '/pool/golden.qcow2', format: 'raw' }, pool: 'default' },
    ],
    [
      'the golden image is an ISO',
      (fake) =>
        fake.pool.volumes.set('golden.qcow2', {
          format: 'iso',
          capacityBytes: 1n,
          backing: undefined,
          content: undefined,
        }),
      'invalid-template',
      /it is iso/,
    ],
    [
      'the clone has another size than the golden image',
      (fake) => {
        fake.pool.backingBytes = 196_608n
      },
      'invalid-template',
      /is that image what its format qcow2 says/,
    ],
    ['there is no such pool', () => {}, 'invalid-template', /no storage pool/, { pool: 'nowhere' }],
    [
      'the network is not active',
      (fake) => {
        fake.network.isActive = false
      },
      'unavailable',
      /virsh net-start default/,
    ],
    [
      'there is no such network',
      () => {},
      'invalid-template',
      /Network not found/,
      { networks: ['nowhere'] },
    ],
    [
      'the pool is full',
      (fake) => {
        fake.pool.isFull = true
      },
      'no-capacity',
      /No space left/,
    ],
    [
      'the host has no memory left',
      (fake) => {
        fake.freeKib = 400n * 1024n
      },
      'no-capacity',
      /has no room: 400 MiB/,
    ],
    [
      'QEMU gets no memory',
      (fake) =>
        fake.arm('domainCreateWithFlags', {
          kind: 'fail',
          error: libvirtError(1, 10, "cannot set up guest memory 'pc.ram': Cannot allocate memory"),
        }),
      'no-capacity',
      /Cannot allocate memory/,
    ],
    [
      'KVM cannot be used',
      (fake) =>
        fake.arm('domainDefineXmlFlags', {
          kind: 'fail',
          error: libvirtError(67, 10, "Emulator 'x' does not support virt type 'kvm'"),
        }),
      'invalid-template',
      /domainType: 'qemu'/,
    ],
    ['its name is a stranger’s', (fake) => void fake.addForeign('flotilla.web.t1'), 'conflict', /not ours/],
    [
      'its name is that of a transient domain of a stranger',
      (fake) => void fake.addTransient('flotilla.web.t1'),
      'conflict',
      /not ours/,
    ],
  ]
  for (const [name, arrange, code, words, options] of refused) {
    it(`is refused in plain words when ${name}, and leaves nothing`, async () => {
      const fake = new FakeHypervisor()
      arrange(fake)
      const error = await refusal(launch(fake, { options }))
      expect(error.code).toBe(code)
      expect(error.message).toMatch(words)
      expect(leftoversOf(fake).filter((left) => left !== 'domain flotilla.web.t1')).toEqual([])
      for (const { name: domain } of fake.domains.values())
        expect(['builder', 'flotilla.web.t1']).toContain(domain)
    })
  }

  it('does not take another one’s clone of the golden image for its use', async () => {
    const fake = new FakeHypervisor()
    await launch(fake)
    const clock = new FakeClock()
    const backend = fakeKvm(fake, { clock })
    await clock.runUntil(backend.launch({ group: 'web', token: 't2' }, { signal: forever() }))
    expect(fake.domains.size).toBe(2)
  })

  it('looks at the golden image once, and not for every launch', async () => {
    const fake = new FakeHypervisor()
    const backend = fakeKvm(fake)
    for (const token of ['a', 'b', 'c']) await backend.launch({ group: 'web', token }, { signal: forever() })
    expect(fake.count('storageVolGetXmlDesc')).toBe(1)
  })

  it('leaves at most so many clones in flight on one host', async () => {
    let [now, most] = [0, 0]
    const fake = new FakeHypervisor({ pause: async () => new Promise((resolve) => setImmediate(resolve)) })
    fake.calls.onPoint = async (call, when) => {
      if (call === 'domainDefineXmlFlags' && when === 'before') now += 1
      most = Math.max(most, now)
      if (call === 'domainCreateWithFlags' && when === 'after') now -= 1
    }
    const backend = fakeKvm(fake, { options: { placement: { clonesInFlight: 3 }, memoryMib: 64 } })
    const tokens = Array.from({ length: 12 }, (_, index) => `t${index}`)
    await Promise.all(
      tokens.map(async (token) => backend.launch({ group: 'web', token }, { signal: forever() })),
    )
    expect(most).toBe(3)
    expect(fake.domains.size).toBe(12)
  })

  it('whose start is answered with not found makes its machine with the next try', async () => {
    const fake = new FakeHypervisor()
    fake.arm('domainCreateWithFlags', { kind: 'fail', error: libvirtError(42, 10, 'Domain not found') })
    const backend = fakeKvm(fake)
    expect((await refusal(backend.launch(web, { signal: forever() }))).code).toBe('launch-failed')
    expect(leftoversOf(fake)).toEqual([])
    expect((await backend.launch(web, { signal: forever() })).status).toBe('running')
  })
})

describe('what a launch of this program left that failed', () => {
  const settled = async (launching: Promise<unknown>, clock: FakeClock): Promise<FlotillaError> =>
    clock.runUntil(refusal(launching))

  for (const call of ['domainDefineXmlFlags', 'storageVolCreateXml', 'storageVolGetInfo'] as const) {
    it(`is failed as soon as libvirtd is back that died at ${call}, and goes with the next launch`, async () => {
      const fake = new FakeHypervisor()
      const clock = new FakeClock()
      const backend = fakeKvm(fake, { clock })
      fake.calls.onPoint = async (made, when) => {
        if (made !== call || when !== 'after') return
        fake.goDown()
        throw goneError('ECONNRESET')
      }
      expect((await settled(backend.launch(web, { signal: forever() }), clock)).code).toBe('unavailable')
      fake.calls.onPoint = undefined
      fake.comeBack()
      const list = async (): Promise<readonly Instance[]> =>
        clock.runUntil(backend.list('web', { signal: forever() }))
      const [left] = await list()
      expect(left).toMatchObject({
        status: 'failed',
        statusReason: expect.stringMatching(/broke off: launch/),
      })
      const launched = await clock.runUntil(backend.launch(web, { signal: forever() }))
      await clock.advance(1000)
      expect((await list()).map(({ id, status }) => [id, status])).toEqual([[launched.id, 'running']])
      expect(leftoversOf(fake)).toHaveLength(2)
    })
  }

  it('is given time to come up when its start was not answered, and is failed when it does not', async () => {
    const fake = new FakeHypervisor()
    const clock = new FakeClock()
    const backend = fakeKvm(fake, { clock, timeoutMs: 100 })
    const list = async (): Promise<readonly Instance[]> =>
      clock.runUntil(backend.list('web', { signal: forever() }))
    fake.arm('domainCreateWithFlags', { kind: 'hang' })
    expect((await settled(backend.launch(web, { signal: forever() }), clock)).code).toBe('timeout')
    expect((await list()).map(({ status }) => status)).toEqual(['pending'])
    await clock.advance(11_000)
    const [left] = await list()
    expect(left?.status).toBe('failed')
    await clock.runUntil(backend.terminate('web', [left?.id ?? ''], { signal: forever() }))
    expect(leftoversOf(fake)).toEqual([])
  })
})

describe('many launches at once under one signal', () => {
  it('are no leak of listeners to Node', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    try {
      const backend = fakeKvm(new FakeHypervisor(), { options: { memoryMib: 16 } })
      const { signal } = new AbortController()
      const tokens = Array.from({ length: 16 }, (_, index) => `t${index}`)
      await Promise.all(tokens.map(async (token) => backend.launch({ group: 'web', token }, { signal })))
      await Promise.all(tokens.map(async (group) => backend.list(group, { signal })))
      await backend.close()
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off('warning', note)
    }
    expect(warnings.map(({ message }) => message)).toEqual([])
  })
})

describe('what a dead controller left of a launch', () => {
  it('is pending while another may be at it, then failed its launch, and is made anew by its token', async () => {
    const fake = new FakeHypervisor()
    const clock = new FakeClock()
    const dying = fakeKvm(fake, { clock })
    fake.arm('storageVolCreateXml', { kind: 'hang' })
    void dying.launch(web, { signal: forever() }).catch(() => {})
    await clock.advance(10)
    const backend = fakeKvm(fake, { clock })
    const list = async (): Promise<readonly Instance[]> =>
      clock.runUntil(backend.list('web', { signal: forever() }))
    expect((await list()).map(({ status }) => status)).toEqual(['pending'])
    await clock.advance(20_000)
    const launched = await clock.runUntil(backend.launch(web, { signal: forever() }))
    expect(launched.status).toBe('running')
    await clock.advance(60_000)
    expect((await list()).map(({ id }) => id)).toEqual([launched.id])
    expect(leftoversOf(fake)).toHaveLength(2)
  })

  it('is stopped after half a minute, so that the group replaces it', async () => {
    const fake = new FakeHypervisor()
    const clock = new FakeClock()
    fake.arm('storageVolCreateXml', { kind: 'hang' })
    const dying = fakeKvm(fake, { clock, timeoutMs: 10_000_000 })
    void dying.launch(web, { signal: forever() }).catch(() => {})
    await clock.advance(31_000)
    const [left] = await clock.runUntil(fakeKvm(fake, { clock }).list('web', { signal: forever() }))
    expect(left).toMatchObject({ status: 'stopped', statusReason: expect.stringContaining('never started') })
  })
})
