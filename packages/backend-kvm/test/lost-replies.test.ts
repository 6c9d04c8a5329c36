import { FakeClock } from '@flotilla/core/testing'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallFault } from './fakes/fake-calls.js'
import { libvirtError } from './fakes/fake-errors.js'
import { FakeHypervisor, type HypervisorCall } from './fakes/fake-hypervisor.js'
import { forever } from './helpers.js'
import { fakeKvm, leftoversOf } from './kvm-kit.js'
import { propertyRuns } from '../../../scripts/lib/property-runs.js'

type Step =
  | { readonly kind: 'launch'; readonly token: number }
  | { readonly kind: 'abort'; readonly token: number; readonly afterMs: number }
  | { readonly kind: 'terminate'; readonly token: number }
  | { readonly kind: 'crash'; readonly token: number }
  | { readonly kind: 'restart-controller' }
  | { readonly kind: 'restart-libvirtd'; readonly downMs: number }
  | {
      readonly kind: 'fault'
      readonly call: HypervisorCall
      readonly fault: 'lose-reply' | 'hang' | 'hang-after' | 'fail'
    }
  | { readonly kind: 'wait'; readonly ms: number }

const token = fc.integer({ min: 0, max: 3 })
const calls: readonly HypervisorCall[] = [
  'connectListAllDomains',
  'domainDefineXmlFlags',
  'networkUpdate',
  'storageVolCreateXml',
  'domainCreateWithFlags',
  'domainSetMetadata',
  'domainResume',
  'domainDestroyFlags',
  'storageVolDelete',
  'domainUndefineFlags',
]

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('launch' as const), token }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), token, afterMs: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('terminate' as const), token }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), token }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart-controller' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart-libvirtd' as const), downMs: fc.nat(2000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      call: fc.constantFrom(...calls),
      fault: fc.constantFrom('lose-reply' as const, 'hang' as const, 'hang-after' as const, 'fail' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(2000) }) },
)

const options = {
  address: { from: '192.168.122.200', to: '192.168.122.250' },
  memoryMib: 64,
  shutdownMs: 0,
  orphanAfterMs: 60_000,
} as const

interface Played {
  readonly fake: FakeHypervisor
  readonly clock: FakeClock
}

async function play(steps: readonly Step[], pauses: readonly number[], warmSize: number): Promise<Played> {
  const clock = new FakeClock()
  let turn = 0
  const pause = async (): Promise<void> => {
    turn += 1
    await clock.sleep(pauses[turn % pauses.length] ?? 1)
  }
  const fake = new FakeHypervisor({ clock, pause })
  fake.addForeign('stranger')
  const open = (): ReturnType<typeof fakeKvm> =>
    fakeKvm(fake, {
      clock,
      timeoutMs: 500,
      options: { ...options, warmPool: { size: warmSize, kind: 'stopped' } },
    })
  let backend = open()
  const under: Promise<unknown>[] = []
  const start = (work: Promise<unknown>): void => void under.push(work.catch(() => {}))
  const idOf = (number: number): string | undefined =>
    [...fake.domains.values()].find(({ config }) => config?.includes(`token="t${number}"`))?.uuid
  for (const one of steps) {
    switch (one.kind) {
      case 'launch':
        start(backend.launch({ group: 'web', token: `t${one.token}` }, { signal: forever() }))
        break
      case 'abort': {
        const controller = new AbortController()
        start(backend.launch({ group: 'web', token: `t${one.token}` }, { signal: controller.signal }))
        start(clock.sleep(one.afterMs).then(() => controller.abort(new Error('enough'))))
        break
      }
      case 'terminate': {
        const id = idOf(one.token)
        if (id !== undefined) start(backend.terminate('web', [id], { signal: forever() }))
        break
      }
      case 'crash': {
        const id = idOf(one.token)
        if (id !== undefined && fake.get(id).isActive) fake.crash(id)
        break
      }
      case 'restart-controller':
        void backend.close()
        backend = open()
        start(backend.list('web', { signal: forever() }))
        break
      case 'restart-libvirtd':
        fake.goDown()
        await clock.advance(one.downMs)
        fake.comeBack()
        fake.forgetReasons()
        break
      case 'fault': {
        const fault: CallFault =
          one.fault === 'fail'
            ? { kind: 'fail', error: libvirtError(1, 0, 'internal error: cannot do that') }
            : { kind: one.fault }
        fake.arm(one.call, fault)
        break
      }
      case 'wait':
        await clock.advance(one.ms)
        break
    }
  }
  await clock.runUntil(Promise.all(under), { stepMs: 50 })
  await clock.runUntil(backend.close(), { stepMs: 50 })
  fake.calls.clearFaults()
  return { fake, clock }
}

describe('whatever is asked at whatever moment, and whatever reply is lost', () => {
  it('ends in one machine a token, and in nothing once all are terminated', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 7 }),
        fc.constantFrom(0, 0, 2),
        async (steps, pauses, warmSize) => {
          const { fake, clock } = await play(steps, pauses, warmSize)
          const after = fakeKvm(fake, { clock, options })
          const tokens = ['t0', 't1', 't2', 't3']
          for (const wanted of tokens) {
            const request = { group: 'web', token: wanted }
            const launched = await clock.runUntil(after.launch(request, { signal: forever() }))
            const again = await clock.runUntil(after.launch(request, { signal: forever() }))
            expect(again.id).toBe(launched.id)
          }
          const all = await clock.runUntil(after.list('web', { signal: forever() }))
          expect(all.map((instance) => instance.token).toSorted()).toEqual(tokens)
          const ids = all.map(({ id }) => id)
          expect((await clock.runUntil(after.terminate('web', ids, { signal: forever() }))).failed).toEqual(
            [],
          )
          // What came of calls that were never answered is swept.
          for (let minute = 0; minute < 6; minute += 1) {
            await clock.runUntil(after.list('web', { signal: forever() }))
            await clock.advance(61_000)
          }
          const left = await clock.runUntil(after.list('web', { signal: forever() }))
          expect(left).toEqual([])
          expect(leftoversOf(fake)).toEqual([])
          expect([...fake.domains.values()].map(({ name }) => name)).toEqual(['stranger'])
          await clock.runUntil(after.close())
        },
      ),
      { numRuns: propertyRuns(80) },
    )
  }, 120_000)
})
