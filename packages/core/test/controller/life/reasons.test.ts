import { describe, expect, it } from 'vitest'
import {
  type AutoscalerEvents,
  FlotillaError,
  type Instance,
  type InstanceChange,
  customPolicy,
  fixed,
  maxOf,
} from '../../../src/index.js'
import { FakeClock, fakeBackend, once } from '../../../src/testing/index.js'
import { type Rig, ScriptedProbe, rig } from '../harness.js'

const changesTo = ({ told }: Rig, to: string): readonly AutoscalerEvents['instance'][] =>
  told
    .filter(({ name }) => name === 'instance')
    .map(({ event }) => event as AutoscalerEvents['instance'])
    .filter((change) => change.to === to)

const reasonsTo = (web: Rig, to: string): readonly string[] => changesTo(web, to).map(({ reason }) => reason)

const problemsOf = ({ told }: Rig, kind: string): readonly string[] =>
  told.flatMap(({ name, event }) => {
    if (name !== 'problem' && name !== 'recovered') return []
    const { kind: of, about, message } = event as AutoscalerEvents['problem']
    return of === kind ? [name === 'problem' ? message : `over ${about}`.trim()] : []
  })

/** A backend that shows its machines otherwise. */
function showing(clock: FakeClock, change: () => Partial<Instance>): ReturnType<typeof fakeBackend> {
  const backend = fakeBackend({ clock })
  const list = backend.list.bind(backend)
  const launch = backend.launch.bind(backend)
  backend.launch = async (request, options) => ({ ...(await launch(request, options)), ...change() })
  backend.list = async (group, options) =>
    (await list(group, options)).map((instance) => ({ ...instance, ...change() }))
  return backend
}

describe('one that is not ready', () => {
  it('says what its probe answered last: in status at once, as a problem after some ticks, and when it is given up', async () => {
    const probe = new ScriptedProbe()
    probe.allSick = true
    const web = rig({ probe, launch: { readyTimeoutMs: 120_000 } })
    await web.start()
    await web.clock.advance(100)
    expect(web.web.status().instances.map(({ note }) => note)).toEqual(['not ready: answered 503'])
    expect(problemsOf(web, 'not-ready')).toEqual([])
    await web.clock.advance(40_000)
    const [name] = web.web.status().instances.map((one) => one.name)
    expect(problemsOf(web, 'not-ready')).toEqual([
      `${name} is not ready after 30 s, and has 120 s: answered 503`,
    ])
    await web.clock.advance(90_000)
    expect(reasonsTo(web, 'failed')).toEqual(['not ready within 120000 ms: answered 503'])
    expect(problemsOf(web, 'not-ready').length).toBe(2)
    expect(problemsOf(web, 'start-failed')).toEqual([
      `${name} did not come to serve: not ready within 120000 ms: answered 503`,
    ])
    probe.allSick = false
    await web.clock.advance(60_000)
    expect(problemsOf(web, 'start-failed').at(-1)).toBe('over')
    expect(web.web.status().problems).toEqual([])
    expect(web.web.status().instances.map(({ note }) => note)).toEqual([undefined])
  })

  it.each([
    [{ address: undefined }, 'it has no address yet'],
    [
      { address: undefined, statusReason: 'no lease from the network default yet' },
      'no lease from the network default yet',
    ],
    [{ impaired: 'its HEALTHCHECK fails: exit 1' }, 'its HEALTHCHECK fails: exit 1'],
    [{ status: 'paused' }, 'it is paused'],
    [{ address: undefined, status: 'pending' }, 'it is still being made or boots'],
    [{ address: undefined, status: 'pending', statusReason: 'BUILD: spawning' }, 'BUILD: spawning'],
  ] as const)('and shows %j says: %s', async (change, reason) => {
    const clock = new FakeClock()
    const web = rig({
      fakeClock: clock,
      fakeBackend: showing(clock, () => change),
      probe: new ScriptedProbe(),
      launch: { readyTimeoutMs: 100_000 },
    })
    await web.start()
    await clock.advance(1000)
    expect(web.web.status().instances.map(({ note }) => note)).toEqual([`not ready: ${reason}`])
    await clock.advance(110_000)
    expect(reasonsTo(web, 'failed')[0]).toBe(`not ready within 100000 ms: ${reason}`)
  })

  it('is not told as slow where the others took as long', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, bootMs: 80_000 })
    const web = rig({ fakeClock: clock, fakeBackend: backend, probe: new ScriptedProbe() })
    await web.start()
    await clock.advance(100_000)
    expect(problemsOf(web, 'not-ready').length).toBe(2)
    web.wanted.count = 2
    await clock.advance(100_000)
    expect(web.inService().length).toBe(2)
    expect(problemsOf(web, 'not-ready').length).toBe(2)
  })
})

describe('the last output', () => {
  const withOutput = (lastOutput: (instance: Instance) => Promise<string | undefined>): Rig => {
    const clock = new FakeClock()
    const backend = Object.assign(fakeBackend({ clock }), { lastOutput })
    return rig({ fakeClock: clock, fakeBackend: backend })
  }

  it('of a crashed instance is in its reason, read before it is ended', async () => {
    const asked: number[] = []
    const web = withOutput(async () => {
      asked.push(web.backend.calls.terminated.length)
      return 'starting\nboom: no DB_URL\n'
    })
    await web.start()
    await web.clock.advance(1000)
    const [machine] = web.backend.machines.show('web')
    web.backend.crash(machine?.id ?? '', 'exited with code 3')
    await web.clock.advance(30_000)
    const reason = 'it stopped: exited with code 3: starting | boom: no DB_URL'
    expect(reasonsTo(web, 'failed')).toEqual([reason])
    expect(reasonsTo(web, 'gone')).toEqual([reason])
    expect(asked).toEqual([0])
    expect(web.running()).toBe(1)
  })

  it.each([
    ['hangs', () => new Promise<string>(() => {})],
    ['fails', () => Promise.reject(new Error('no such container'))],
    ['is empty', () => Promise.resolve(undefined)],
  ])('that %s costs neither the exit code nor the replacement', async (_, lastOutput) => {
    const web = withOutput(lastOutput)
    await web.start()
    await web.clock.advance(60_000)
    const [machine] = web.backend.machines.show('web')
    web.backend.crash(machine?.id ?? '', 'exited with code 3')
    await web.clock.advance(2000)
    expect(reasonsTo(web, 'failed')).toEqual(['it stopped: exited with code 3'])
    expect(web.inService().length).toBe(1)
  })

  it('is bounded, and without secrets also when the backend forgets to', async () => {
    const web = withOutput(async () => `DB_PASSWORD=hunter2\n${'x'.repeat(5000)}`)
    await web.start()
    await web.clock.advance(1000)
    web.backend.crash(web.backend.machines.show('web')[0]?.id ?? '')
    await web.clock.advance(5000)
    const [reason = ''] = reasonsTo(web, 'failed')
    expect(reason.length).toBeLessThan(600)
    expect(JSON.stringify(web.told)).not.toContain('hunter2')
  })
})

describe('one that is gone', () => {
  it('is not said to be somebody’s deed when nobody knows whose', async () => {
    const web = rig({ wanted: 2 })
    await web.start()
    await web.clock.advance(1000)
    web.backend.remove(web.backend.machines.show('web')[0]?.id ?? '')
    await web.clock.advance(20_000)
    expect(reasonsTo(web, 'gone')).toEqual(['it is gone: gone'])
  })

  it('says what its backend told of it last', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const changes: InstanceChange[] = []
    Object.assign(backend, {
      async *watch(_: string, { signal }: { signal: AbortSignal }) {
        while (!signal.aborted) {
          await clock.sleep(100, { signal })
          yield* changes.splice(0)
        }
      },
    })
    const web = rig({ fakeClock: clock, fakeBackend: backend })
    await web.start()
    await clock.advance(1000)
    const id = backend.machines.show('web')[0]?.id ?? ''
    changes.push({ instanceId: id, what: 'exited with code 137 (SIGKILL)' })
    backend.remove(id)
    await clock.advance(20_000)
    expect(reasonsTo(web, 'gone')).toEqual(['it is gone: exited with code 137 (SIGKILL)'])
  })

  it('of a launch that failed after the machine had been listed says that the launch failed', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const launch = backend.launch.bind(backend)
    let left = 1
    backend.launch = async (request, options) => {
      const instance = await launch(request, options)
      if (left-- <= 0) return instance
      await clock.sleep(15_000)
      backend.machines.remove(instance.id)
      throw new FlotillaError('launch-failed', 'launch web: no such network')
    }
    const web = rig({ fakeClock: clock, fakeBackend: backend })
    await web.start()
    await clock.advance(60_000)
    const [reason = ''] = reasonsTo(web, 'gone')
    expect(reason).toMatch(/^its launch failed, .*no such network|while its launch is under way/)
    expect(JSON.stringify(web.told)).not.toMatch(/somebody else/)
  })
})

describe('problems', () => {
  it('a launch that fails again and again is told once, counted, and over with the next that works', async () => {
    const web = rig()
    const error = new FlotillaError('no-capacity', 'launch: no host has room')
    web.backend.faults.launch = once({ kind: 'fail', error }, 5)
    await web.start()
    await web.clock.advance(10_000)
    expect(web.web.status().problems).toMatchObject([{ kind: 'launch-failed', about: 'no-capacity' }])
    expect(web.web.status().problems[0]?.count).toBeGreaterThan(2)
    await web.clock.advance(60_000)
    expect(web.running()).toBe(1)
    expect(problemsOf(web, 'launch-failed')).toEqual(['launch: no host has room', 'over no-capacity'])
  })

  it('a launch that failed and is no longer needed is over', async () => {
    const web = rig({ wanted: 2, min: 0 })
    web.backend.faults.launch = { kind: 'fail', error: new FlotillaError('no-capacity', 'no room') }
    await web.start()
    await web.clock.advance(10_000)
    web.wanted.count = 0
    await web.clock.advance(900_000)
    expect(web.web.status().problems).toEqual([])
  })

  it("are the backend's own too, until it no longer names them", async () => {
    const clock = new FakeClock()
    let found = [{ about: 'port p1', message: 'port p1 cannot be removed: 409' }]
    const backend = Object.assign(fakeBackend({ clock }), { problems: () => found })
    const web = rig({ fakeClock: clock, fakeBackend: backend })
    await web.start()
    await clock.advance(30_000)
    expect(problemsOf(web, 'backend-problem')).toEqual(['port p1 cannot be removed: 409'])
    found = []
    await clock.advance(20_000)
    expect(problemsOf(web, 'backend-problem')).toEqual(['port p1 cannot be removed: 409', 'over port p1'])
  })

  it('a group at its max says so while the policies ask for more', async () => {
    const web = rig({ wanted: 9, max: 5 })
    await web.start()
    await web.clock.advance(60_000)
    expect(problemsOf(web, 'at-max')).toEqual(['held at max 5: the policies ask for 9'])
    web.wanted.count = 5
    await web.clock.advance(20_000)
    expect(problemsOf(web, 'at-max')).toEqual(['held at max 5: the policies ask for 9', 'over'])
  })
})

describe('a policy that fails', () => {
  it('is told by its name while it fails, also inside another, and is over when it does not', async () => {
    let isBroken = true
    const broken = customPolicy({
      name: 'mine',
      metrics: [],
      propose: () => {
        if (isBroken) throw new Error('no such column')
        return 2
      },
    })
    const web = rig({ min: 2, policy: maxOf(broken, fixed(2)) })
    await web.start()
    await web.clock.advance(60_000)
    expect(problemsOf(web, 'policy-failed')).toEqual(['mine: it failed: no such column'])
    isBroken = false
    await web.clock.advance(30_000)
    expect(problemsOf(web, 'policy-failed')).toEqual(['mine: it failed: no such column', 'over'])
  })
})

describe('a dry run', () => {
  it('of a group that is not there yet asks the policies, and says that nothing is done', async () => {
    const web = rig({ wanted: 4, min: 2, dryRun: true })
    await web.start()
    await web.clock.advance(20_000)
    const { lastDecision, instances } = web.web.status()
    expect(instances).toEqual([])
    expect(lastDecision).toMatchObject({
      current: 0,
      desired: 4,
      outcome: 'scale-out',
      isDryRun: true,
      reason: '0 is below min 2; mended without reading metrics; then wanted: the test wants 4',
    })
    expect(web.web.explain()).toContain('web would go from 0 to 4.')
    expect(web.web.explain()).toContain('This is a dry run: nothing is done.')
  })

  it('of one that stays says so', async () => {
    const web = rig({ wanted: 0, min: 0, dryRun: true })
    await web.start()
    expect(web.web.explain()).toContain('web would stay at 0.')
  })
})
