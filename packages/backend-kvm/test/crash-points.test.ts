import type { Instance } from '@flotilla/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KvmBackend } from '../src/backend.js'
import { FakeHypervisor, type HypervisorCall } from './fakes/fake-hypervisor.js'
import { forever } from './helpers.js'
import { fakeKvm, leftoversOf } from './kvm-kit.js'
import { propertyRuns } from '../../../scripts/lib/property-runs.js'

const options = {
  address: { from: '192.168.122.200', to: '192.168.122.250' },
  disks: [{ sizeMib: 10 }],
  consoleLog: true,
  shutdownMs: 0,
} as const

const web = { group: 'web', token: 't1' }
/** What changes something: between these a crash makes a difference. */
const writes: ReadonlySet<HypervisorCall> = new Set<HypervisorCall>([
  'domainDefineXmlFlags',
  'networkUpdate',
  'storageVolCreateXml',
  'domainCreateWithFlags',
  'domainDestroyFlags',
  'storageVolDelete',
  'domainUndefineFlags',
  'domainSetMetadata',
  'domainResume',
  'domainSuspend',
])

/** Stops the program at one point of its calls: from then on none of its calls is answered, nor does anything. */
function killAt(
  fake: FakeHypervisor,
  point: number,
): { readonly count: () => number; readonly dead: Promise<void> } {
  let count = 0
  let die: () => void = () => {}
  const dead = new Promise<void>((resolve) => (die = resolve))
  let isDead = false
  fake.calls.onPoint = async (call) => {
    if (isDead) await new Promise(() => {})
    if (!writes.has(call)) return
    if (count === point) {
      isDead = true
      die()
      await new Promise(() => {})
    }
    count += 1
  }
  return { count: () => count, dead }
}

const open = (fake: FakeHypervisor): KvmBackend => fakeKvm(fake, { options })

async function endAll(backend: KvmBackend, listed: readonly Instance[]): Promise<void> {
  const ids = listed.map(({ id }) => id)
  expect((await backend.terminate('web', ids, { signal: forever() })).failed).toEqual([])
}

/** Runs `work` on a backend that is killed at a point; tells whether it came that far. */
async function killed(
  fake: FakeHypervisor,
  point: number,
  work: (backend: KvmBackend) => Promise<unknown>,
): Promise<boolean> {
  const { dead } = killAt(fake, point)
  const done = work(open(fake)).then(() => false)
  const wasKilled = await Promise.race([done, dead.then(() => true)])
  fake.calls.onPoint = undefined
  return wasKilled
}

describe('a controller that is killed at any call', () => {
  it('of a launch leaves one machine of the token, and nothing once that is terminated', async () => {
    let points = 0
    for (let point = 0; ; point += 1) {
      const fake = new FakeHypervisor()
      fake.addForeign('stranger')
      if (!(await killed(fake, point, async (backend) => backend.launch(web, { signal: forever() })))) break
      points += 1
      const backend = open(fake)
      const launched = await backend.launch(web, { signal: forever() })
      const listed = await backend.list('web', { signal: forever() })
      expect(listed.map(({ id, status }) => [id, status])).toEqual([[launched.id, 'running']])
      await endAll(backend, listed)
      expect(leftoversOf(fake)).toEqual([])
      expect([...fake.domains.values()].map(({ name }) => name)).toEqual(['stranger'])
    }
    // Define, host entry, three files and the start, before and after each.
    expect(points).toBe(12)
  })

  it('of a launch leaves nothing that list does not show and terminate does not end', async () => {
    for (let point = 0; ; point += 1) {
      const fake = new FakeHypervisor()
      if (!(await killed(fake, point, async (backend) => backend.launch(web, { signal: forever() })))) break
      const backend = open(fake)
      const listed = await backend.list('web', { signal: forever() })
      expect(listed).toHaveLength(fake.domains.size)
      await endAll(backend, listed)
      expect(leftoversOf(fake)).toEqual([])
    }
  })

  it('of a terminate leaves a machine that is listed until the next terminate ends it whole', async () => {
    let points = 0
    for (let point = 0; ; point += 1) {
      const fake = new FakeHypervisor()
      const { id } = await open(fake).launch(web, { signal: forever() })
      if (
        !(await killed(fake, point, async (backend) => backend.terminate('web', [id], { signal: forever() })))
      )
        break
      points += 1
      const backend = open(fake)
      const listed = await backend.list('web', { signal: forever() })
      if (leftoversOf(fake).length > 0) expect(listed.map((one) => one.id)).toEqual([id])
      await endAll(backend, listed)
      expect(leftoversOf(fake)).toEqual([])
    }
    // Destroy, host entry, three files and undefine, before and after each.
    expect(points).toBe(12)
  })

  for (const kind of ['paused', 'stopped', 'managed-save'] as const) {
    it(`of a launch from a warm pool (${kind}) leaves one machine of the token`, async () => {
      let points = 0
      for (let point = 0; ; point += 1) {
        const fake = new FakeHypervisor()
        const warm = { ...options, address: 'none', warmPool: { size: 1, kind } } as const
        const first = fakeKvm(fake, { options: warm })
        await first.list('web', { signal: forever() })
        await expect
          .poll(() => [...fake.domains.values()].map(({ config }) => config?.includes('ready')))
          .toEqual([true])
        await first.close()
        const { dead } = killAt(fake, point)
        const dying = fakeKvm(fake, { options: warm })
        const done = dying.launch(web, { signal: forever() }).then(() => false)
        const wasKilled = await Promise.race([done, dead.then(() => true)])
        // Its hung calls would be waited for.
        void dying.close()
        fake.calls.onPoint = undefined
        if (!wasKilled) break
        points += 1
        // Without a pool, so that none of its own is made meanwhile.
        const backend = fakeKvm(fake, { options: { ...options, address: 'none' } })
        const launched = await backend.launch(web, { signal: forever() })
        expect(launched.status).toBe('running')
        const listed = await backend.list('web', { signal: forever() })
        expect(listed.map(({ id, token }) => [id, token])).toEqual([[launched.id, 't1']])
        await endAll(backend, listed)
        await backend.endGroup('web', { signal: forever() })
        expect(leftoversOf(fake)).toEqual([])
      }
      // The token, and letting it run.
      expect(points).toBe(4)
    })
  }
})

describe('controllers that are killed one after the other', () => {
  const lives = fc.array(
    fc.record({
      point: fc.nat(30),
      works: fc.array(fc.record({ isLaunch: fc.boolean(), token: fc.integer({ min: 1, max: 3 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
    { minLength: 1, maxLength: 6 },
  )

  it('leave what the last one lists, finds by its tokens, and ends whole', async () => {
    await fc.assert(
      fc.asyncProperty(lives, async (given) => {
        const fake = new FakeHypervisor()
        fake.addForeign('stranger')
        fake.addTransient('flotilla.web.stranger')
        for (const { point, works } of given) {
          await killed(fake, point, async (backend) => {
            for (const { isLaunch, token } of works) {
              if (isLaunch) await backend.launch({ group: 'web', token: `t${token}` }, { signal: forever() })
              else {
                const listed = await backend.list('web', { signal: forever() })
                const ids = listed.filter((one) => one.token === `t${token}`).map(({ id }) => id)
                await backend.terminate('web', ids, { signal: forever() })
              }
            }
          })
        }
        const backend = fakeKvm(fake, { options: { ...options, launchGraceMs: 0 } })
        const left = await backend.list('web', { signal: forever() })
        expect(left).toHaveLength(fake.domains.size - 2)
        expect(left.map(({ status }) => status).filter((status) => status === 'pending')).toEqual([])
        for (const token of ['t1', 't2', 't3']) {
          const launched = await backend.launch({ group: 'web', token }, { signal: forever() })
          const before = left.find((one) => one.token === token)
          if (before?.status === 'running') expect(launched.id).toBe(before.id)
        }
        await endAll(backend, await backend.list('web', { signal: forever() }))
        expect(leftoversOf(fake)).toEqual(['domain flotilla.web.stranger'])
        expect(fake.domains.size).toBe(2)
      }),
      { numRuns: propertyRuns(60) },
    )
  }, 60_000)
})
