import { FakeClock } from '@flotilla/core/testing'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeDockerBackend } from './docker-kit.js'
import type { CallFault } from '../../docker-engine/test/fakes/fake-calls.js'
import { FakeDocker, type DockerCall } from '../../docker-engine/test/fakes/fake-docker.js'
import { dockerError } from '../../docker-engine/test/fakes/fake-errors.js'
import { propertyRuns } from '../../../scripts/lib/property-runs.js'

type Step =
  | { readonly kind: 'launch'; readonly token: number }
  | { readonly kind: 'abort'; readonly token: number; readonly afterMs: number }
  | { readonly kind: 'terminate'; readonly token: number }
  | { readonly kind: 'crash'; readonly token: number }
  | { readonly kind: 'restart-controller' }
  | { readonly kind: 'restart-daemon'; readonly downMs: number }
  | {
      readonly kind: 'fault'
      readonly call: DockerCall
      readonly fault: 'lose-reply' | 'hang' | 'hang-after' | 'fail'
    }
  | { readonly kind: 'wait'; readonly ms: number }

const token = fc.integer({ min: 0, max: 3 })
const calls: readonly DockerCall[] = [
  'createContainer',
  'startContainer',
  'inspectContainer',
  'stopContainer',
  'removeContainer',
  'listContainers',
]

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('launch' as const), token }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), token, afterMs: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('terminate' as const), token }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), token }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart-controller' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart-daemon' as const), downMs: fc.nat(4000) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      call: fc.constantFrom(...calls),
      fault: fc.constantFrom('lose-reply' as const, 'hang' as const, 'hang-after' as const, 'fail' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(2000) }) },
)

const forever = (): AbortSignal => new AbortController().signal

/** Plays the steps, all of them at once where they do not wait, and gives the engine they were played on. */
async function play(
  steps: readonly Step[],
  pauses: readonly number[],
): Promise<{ fake: FakeDocker; clock: FakeClock }> {
  const clock = new FakeClock()
  let turn = 0
  const pause = async (): Promise<void> => {
    turn += 1
    await clock.sleep(pauses[turn % pauses.length] ?? 1)
  }
  const fake = new FakeDocker({ clock, pause })
  // Several controllers' worth of backends, for one that is killed does not take back what it asked for.
  let backend = fakeDockerBackend(fake, { clock, timeoutMs: 500 })
  const foreign = fake.addForeign('web-stranger')
  const under: Promise<unknown>[] = []
  const idOf = (of: number): string | undefined =>
    [...fake.containers.values()].find(({ name }) => name === `web-t${of}`)?.id
  const start = (work: Promise<unknown>): void => void under.push(work.catch(() => {}))

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
        if (id !== undefined && fake.get(id).isRunning) fake.crash(id, 1)
        break
      }
      case 'restart-controller':
        backend = fakeDockerBackend(fake, { clock, timeoutMs: 500 })
        break
      case 'restart-daemon':
        fake.goDown()
        await clock.advance(one.downMs)
        fake.isDown = false
        break
      case 'fault': {
        const fault: CallFault =
          one.fault === 'fail'
            ? { kind: 'fail', error: dockerError(500, 'no space left on device') }
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
  expect(fake.get(foreign).name).toBe('web-stranger')
  return { fake, clock }
}

describe('whatever is asked at whatever moment, and whatever reply is lost', () => {
  it('ends in at most one container a token, all of them listed, and none left once they are terminated', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 7 }),
        async (steps, pauses) => {
          const { fake, clock } = await play(steps, pauses)
          fake.clearFaults()
          const after = fakeDockerBackend(fake, { clock })
          const ours = [...fake.containers.values()].filter(({ name }) => name !== 'web-stranger')
          expect(new Set(ours.map(({ name }) => name)).size).toBe(ours.length)
          const listed = await clock.runUntil(after.list('web', { signal: forever() }))
          expect(new Set(listed.map(({ id }) => id))).toEqual(new Set(ours.map(({ id }) => id)))

          // A new launch of any token ends in that token's one machine, and there it stays.
          for (const wanted of ['t0', 't1', 't2', 't3']) {
            const request = { group: 'web', token: wanted }
            const launched = await clock.runUntil(after.launch(request, { signal: forever() }))
            const again = await clock.runUntil(after.launch(request, { signal: forever() }))
            expect(again.id).toBe(launched.id)
          }
          const all = await clock.runUntil(after.list('web', { signal: forever() }))
          expect(all.map((instance) => instance.token).toSorted()).toEqual(['t0', 't1', 't2', 't3'])
          const { failed } = await clock.runUntil(
            after.terminate(
              'web',
              all.map(({ id }) => id),
              { signal: forever() },
            ),
          )
          expect(failed).toEqual([])
          expect([...fake.containers.values()].map(({ name }) => name)).toEqual(['web-stranger'])
        },
      ),
      { numRuns: propertyRuns(60) },
    )
  }, 60_000)
})
