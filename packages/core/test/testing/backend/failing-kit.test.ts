import { FlotillaError, type Backend } from '@flotilla/core'
import {
  collectCases,
  FakeClock,
  fakeBackendKit,
  inFakeTime,
  testBackend,
  type BackendKit,
  type BackendUnderTest,
  type CaseResult,
  type FakeBackend,
} from '@flotilla/core/testing'
import { describe, expect, it } from 'vitest'

interface Timed extends CaseResult {
  /** How long the case took, in fake time. */
  readonly tookMs: number
}

interface Breaks {
  readonly wrap?: (inner: FakeBackend) => Partial<Backend>
  readonly kit?: (under: BackendUnderTest) => Partial<BackendUnderTest>
}

/** Runs the suite on a backend and a kit with faults of their own, and tells how long each case took. */
async function run({ wrap = () => ({}), kit = () => ({}) }: Breaks): Promise<readonly Timed[]> {
  const clock = new FakeClock()
  const cases = collectCases()
  const times = new Map<string, number>()
  const runner = inFakeTime(cases, clock)
  const good = fakeBackendKit({ clock, wrap: (inner) => Object.assign(inner, wrap(inner)) })
  const broken: BackendKit = {
    ...good,
    async make() {
      const under = await good.make()
      return { ...under, ...kit(under) }
    },
  }
  const timed = {
    describe: (name: string, body: () => void) => runner.describe(name, body),
    it: (name: string, body: (...given: readonly unknown[]) => Promise<void>) =>
      runner.it(name, async (...given) => {
        const beganMs = clock.monotonic()
        await body(...given).finally(() => times.set(name, clock.monotonic() - beganMs))
      }),
  }
  testBackend(timed, 'a broken kit', broken)
  const results = await cases.run()
  return results.map((result) => ({ ...result, tookMs: times.get(result.name.split(' > ')[1] ?? '') ?? 0 }))
}

const failed = (results: readonly Timed[]): readonly Timed[] =>
  results.filter(({ outcome }) => outcome === 'failed')

const longest = (results: readonly Timed[]): number => Math.max(...results.map(({ tookMs }) => tookMs))

describe('a suite whose backend or kit is wrong', () => {
  it('says at once what `list` said, where a wrong error string makes it fail once no machine is left', async () => {
    const results = await run({
      wrap: (inner) => {
        const list = inner.list.bind(inner)
        return {
          async list(group, options) {
            const found = await list(group, options)
            if (found.length > 0) return found
            throw new FlotillaError('unavailable', 'list: no server running on /tmp/socket')
          },
        }
      },
    })
    expect(failed(results).length).toBeGreaterThan(20)
    for (const { reason } of failed(results)) expect(reason).toMatch(/no server running|cleaning up/)
    expect(longest(failed(results))).toBeLessThan(4_000)
  })

  it('says at once what the leftovers of the kit said, where they cannot be told', async () => {
    const results = await run({
      kit: () => ({ leftovers: async () => Promise.reject(new Error('ls: no such directory')) }),
    })
    expect(failed(results).length).toBeGreaterThan(10)
    for (const { reason } of failed(results)) expect(reason).toContain('ls: no such directory')
    expect(longest(failed(results))).toBeLessThan(4_000)
  })

  it("keeps the case's own failure, where the kit cannot clean up either", async () => {
    const results = await run({
      wrap: () => ({
        launch: async () => Promise.reject(new FlotillaError('invalid-template', 'launch: no such image')),
      }),
      kit: () => ({ cleanup: async () => new Promise(() => {}) }),
    })
    const { reason, tookMs } = failed(results).find(({ name }) => name.includes('comes to run')) ?? {}
    expect(reason).toBe('launch: no such image')
    expect(tookMs).toBeLessThanOrEqual(10_000)
  })

  it('says at once that a machine has ended, where it should come to run', async () => {
    const results = await run({
      wrap: (inner) => {
        const list = inner.list.bind(inner)
        return {
          list: async (group, options) =>
            (await list(group, options)).map((instance) => ({
              ...instance,
              status: 'failed',
              statusReason: 'exited with code 127',
            })),
        }
      },
    })
    const { reason } = failed(results).find(({ name }) => name.includes('comes to run')) ?? {}
    expect(reason).toMatch(/should come to run, but is failed: exited with code 127$/)
    expect(longest(failed(results).filter(({ reason: why }) => why?.includes('code 127')))).toBeLessThan(100)
  })

  it('waits for the same thing to the end only once, and says so', async () => {
    const results = await run({
      wrap: (inner) => {
        const list = inner.list.bind(inner)
        return {
          list: async (group, options) =>
            (await list(group, options)).map((instance) => ({ ...instance, status: 'unknown' })),
        }
      },
    })
    const waited = failed(results).filter(({ reason }) => reason?.includes('is unknown'))
    expect(waited.length).toBeGreaterThan(10)
    expect(waited[0]?.reason).toMatch(/waited 30000 ms for a machine to run\)$/)
    expect(waited[0]?.tookMs).toBeGreaterThanOrEqual(30_000)
    for (const { reason, tookMs } of waited.slice(1)) {
      expect(reason).toMatch(
        /waited 3000 ms for a machine to run, as an earlier case waited 30000 ms in vain\)$/,
      )
      expect(tookMs).toBeLessThan(4_000)
    }
  })

  it('says why a machine is left that cannot be ended', async () => {
    const error = new FlotillaError('permission-denied', 'terminate: 403, not allowed to delete')
    const results = await run({
      wrap: () => ({
        terminate: async (_group, ids) => ({ done: [], failed: ids.map((id) => ({ id, error })) }),
      }),
    })
    const left = failed(results).filter(({ reason }) => reason?.includes('left behind'))
    expect(left[0]?.reason).toMatch(/left behind: fake-\d+ \(terminate: 403, not allowed to delete\)/)
  })
})

describe('a launch whose reply is lost', () => {
  const name = 'the same token after a lost reply is the same machine'
  const outcomeOf = async (breaks: Breaks): Promise<CaseResult['outcome'] | undefined> =>
    (await run(breaks)).find((result) => result.name.endsWith(name))?.outcome

  it('may be looked for by the backend itself, which then gives its machine', async () => {
    const outcome = await outcomeOf({
      wrap: (inner) => {
        const launch = inner.launch.bind(inner)
        return {
          launch: async (request, options) =>
            launch(request, options).catch(async () => launch(request, options)),
        }
      },
    })
    expect(outcome).toBe('passed')
  })

  it('may be taken back by the backend itself', async () => {
    const outcome = await outcomeOf({
      wrap: (inner) => {
        const launch = inner.launch.bind(inner)
        return {
          async launch(request, options) {
            try {
              return await launch(request, options)
            } catch (error) {
              const machine = inner.machines.byToken(request.group, request.token)
              if (machine !== undefined) inner.machines.remove(machine.id)
              throw error
            }
          },
        }
      },
    })
    expect(outcome).toBe('passed')
  })
})
