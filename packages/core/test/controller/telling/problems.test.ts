import { describe, expect, it } from 'vitest'
import {
  Autoscaler,
  FlotillaError,
  type Instance,
  type Logger,
  type Metrics,
  fixed,
  memoryStore,
  targetTracking,
} from '../../../src/index.js'
import { fakeBackend, FakeClock, fakeMetrics, once } from '../../../src/testing/index.js'
import { ScriptedProbe, rig } from '../harness.js'

describe('the loop lives', () => {
  it('when the backend cannot be reached: tells once, leaves the group alone, and goes on when it is back', async () => {
    const { start, backend, clock, problems, wanted, told, running } = rig({ wanted: 2 })
    await start()
    await clock.advance(5000)
    const down = new FlotillaError('unavailable', 'connect ENOENT /var/run/docker.sock')
    backend.faults.list = { kind: 'fail', error: down }
    wanted.count = 4
    await clock.advance(60_000)
    expect(problems()).toEqual(['list-failed'])
    expect(backend.calls.launched.length).toBe(2)
    backend.faults.list = undefined
    await clock.advance(20_000)
    expect(told.filter(({ name }) => name === 'recovered').length).toBe(1)
    expect(running()).toBe(4)
  })

  it.each([
    ['nothing', undefined],
    ['an instance of another group', { id: 'x', group: 'other', token: 't' }],
  ])('when a launch answers %s: tells once, and waits longer and longer', async (_, answer) => {
    const { start, backend, clock, problems } = rig()
    let launchCount = 0
    backend.launch = async () => {
      launchCount += 1
      return answer as unknown as Instance
    }
    await start()
    await clock.advance(120_000)
    expect(problems().filter((kind) => kind === 'launch-failed')).toEqual(['launch-failed'])
    expect(problems()).not.toContain('loop-failed')
    expect(launchCount).toBeLessThan(12)
  })

  it('when the backend is down at the start', async () => {
    const { start, backend, clock, problems, running } = rig()
    backend.faults.list = once({ kind: 'fail', error: new FlotillaError('unavailable', 'no socket') }, 3)
    await start()
    expect(problems()).toEqual(['list-failed'])
    await clock.advance(60_000)
    expect(running()).toBe(1)
  })

  it.each([
    ['throws a string', { kind: 'throw', value: 'no' }],
    ['throws undefined', { kind: 'throw', value: undefined }],
    ['hangs and ignores its signal', { kind: 'hang' }],
    ['shows each machine twice', { kind: 'duplicate' }],
  ] as const)('when a list %s', async (_, fault) => {
    const { start, backend, clock, running } = rig({ wanted: 2 })
    await start()
    await clock.advance(5000)
    backend.faults.list = once(fault, 3)
    await clock.advance(200_000)
    expect(running()).toBe(2)
  })

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a text', 'a lot'],
  ])('when a metric reads %s: holds, tells once, and goes on when it is back', async (_, value) => {
    const clock = new FakeClock()
    const jobs = fakeMetrics({ name: 'jobs', unit: 'count', value: 30 })
    const policy = targetTracking({ metric: 'jobs', target: 10 })
    const { start, running, problems, told } = rig({ fakeClock: clock, metrics: [jobs], policy })
    await start()
    await clock.advance(1000)
    expect(running()).toBe(3)
    jobs.answer([{ kind: 'value', name: 'jobs', unit: 'count', at: clock.now(), value }])
    await clock.advance(60_000)
    expect(running()).toBe(3)
    expect(problems()).toEqual(['metric-missing'])
    jobs.recover()
    jobs.set(10)
    await clock.advance(20_000)
    expect(running()).toBe(1)
    expect(told.some(({ name }) => name === 'recovered')).toBe(true)
  })

  it.each([
    ['fails', (jobs: ReturnType<typeof fakeMetrics>) => jobs.fail()],
    ['throws undefined', (jobs: ReturnType<typeof fakeMetrics>) => jobs.throw(undefined)],
    ['never returns', (jobs: ReturnType<typeof fakeMetrics>) => jobs.hang({ ignoresSignal: true })],
  ])('when a source %s, and the others are read', async (_, break_) => {
    const clock = new FakeClock()
    const jobs = fakeMetrics({ name: 'jobs', unit: 'count', value: 30 })
    const other = fakeMetrics({ name: 'other', unit: 'count', value: 20 })
    const policy = [
      targetTracking({ metric: 'jobs', target: 10 }),
      targetTracking({ metric: 'other', target: 10 }),
    ]
    const { start, running, web } = rig({ fakeClock: clock, metrics: [jobs, other], policy })
    await start()
    await clock.advance(1000)
    break_(jobs)
    other.set(50)
    await clock.advance(30_000)
    expect(running()).toBe(5)
    expect(web.status().lastDecision?.metrics.map(({ presentCount }) => presentCount)).toContain(0)
  })

  it('when the store fails', async () => {
    const store = memoryStore()
    store.save = async () => {
      throw new FlotillaError('unavailable', 'no space left on device')
    }
    const { start, running, clock, problems } = rig({ store, wanted: 2 })
    await start()
    await clock.advance(30_000)
    expect(running()).toBe(2)
    expect(problems()).toEqual(['store-failed'])
  })

  it('when a listener or a logger throws', async () => {
    const { start, web, clock, running } = rig({ wanted: 2 })
    web.on('instance', () => {
      throw new Error('listener')
    })
    await start()
    await clock.advance(5000)
    expect(running()).toBe(2)
  })

  it('when the watch breaks off', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    let watches = 0
    Object.assign(backend, {
      // oxlint-disable-next-line require-yield -- it breaks off before it yields
      async *watch() {
        watches += 1
        throw new Error('socket hang up')
      },
    })
    const { start, problems, running } = rig({ fakeBackend: backend, fakeClock: clock })
    await start()
    await clock.advance(60_000)
    expect(running()).toBe(1)
    expect(watches).toBeGreaterThan(3)
    expect(watches).toBeLessThan(10)
    expect(problems()).toEqual(['watch-failed'])
  })

  it('and a watch that holds again is told as recovered, also while nothing changes', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const watch = backend.watch!.bind(backend)
    let watches = 0
    Object.assign(backend, {
      async *watch(...given: Parameters<typeof watch>) {
        watches += 1
        if (watches <= 2) throw new Error('socket hang up')
        yield* watch(...given)
      },
    })
    const { start, told, problems } = rig({ fakeBackend: backend, fakeClock: clock })
    await start()
    await clock.advance(30_000)
    expect(problems()).toEqual(['watch-failed'])
    expect(told.filter(({ name }) => name === 'recovered')).toHaveLength(1)
  })

  it('when a probe throws or never returns', async () => {
    const probe = new ScriptedProbe()
    const { start, clock, moves } = rig({ probe, wanted: 3 })
    await start()
    await clock.advance(1000)
    probe.check = () => new Promise(() => {})
    await clock.advance(60_000)
    expect(moves()).not.toContain('in-service->failed')
  })
})

describe('a clock that jumps', () => {
  it.each([
    ['back', -3_600_000],
    ['ahead', 3_600_000],
  ])('%s makes nothing too old or too young, and is told once', async (_, jumpMs) => {
    const probe = new ScriptedProbe()
    const behavior = { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: 60_000 } }
    const { start, clock, wanted, running, problems, moves } = rig({ probe, wanted: 3, behavior })
    await start()
    await clock.advance(30_000)
    probe.allSick = true
    wanted.count = 4
    await clock.advance(10_000)
    clock.jump(jumpMs)
    await clock.advance(10_000)
    probe.allSick = false
    wanted.count = 1
    await clock.advance(40_000)
    expect(moves()).not.toContain('launching->failed')
    expect(running()).toBe(4)
    expect(problems()).toEqual(['clock-jumped'])
    await clock.advance(40_000)
    expect(running()).toBe(1)
  })
})

describe('pause', () => {
  it('keeps the group exactly as it is, and says what it would have done', async () => {
    const { start, web, clock, wanted, running, backend } = rig({ wanted: 2 })
    await start()
    await clock.advance(5000)
    await web.pause()
    wanted.count = 5
    backend.crash(backend.machines.show('web')[0]!.id)
    await clock.advance(60_000)
    expect(running()).toBe(1)
    expect(backend.calls.terminated).toEqual([])
    expect(web.status().lastDecision?.reason).toBe('scaling is paused; else 5: wanted: the test wants 5')
    await web.resume()
    await clock.advance(20_000)
    expect(running()).toBe(5)
  })

  it('of scaling alone goes on replacing', async () => {
    const { start, web, clock, wanted, running, backend } = rig({ wanted: 2 })
    await start()
    await clock.advance(5000)
    await web.pause('scaling')
    wanted.count = 5
    backend.crash(backend.machines.show('web')[0]!.id)
    await clock.advance(60_000)
    expect(running()).toBe(2)
  })

  it('refuses a process that there is not', async () => {
    const { web } = rig()
    await expect(web.pause('everything' as never)).rejects.toMatchObject({ code: 'invalid-options' })
  })
})

describe('a count set by hand', () => {
  it('is carried out at once', async () => {
    const { start, web, clock, running, wanted } = rig({ intervalMs: 600_000 })
    await start()
    wanted.count = 3
    await web.setDesired(3)
    await clock.advance(1000)
    expect(running()).toBe(3)
  })

  it.each([[0], [11], [1.5], [Number.NaN]])('is refused when it is %s', async (count) => {
    const { web } = rig()
    await expect(web.setDesired(count)).rejects.toMatchObject({ code: 'invalid-options', field: 'count' })
  })
})

describe('a dry run', () => {
  it('decides and tells, and touches nothing', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const real = rig({ wanted: 2, fakeBackend: backend, fakeClock: clock })
    await real.start()
    await clock.advance(5000)
    await clock.runUntil(real.web.stop())
    const store = memoryStore()
    const dry = rig({ wanted: 5, fakeBackend: backend.reopen(), fakeClock: clock, dryRun: true, store })
    await dry.start()
    await clock.advance(30_000)
    expect(dry.backend.calls.launched).toEqual([])
    expect(dry.running()).toBe(2)
    expect(dry.web.status().lastDecision).toMatchObject({ current: 2, desired: 5 })
    expect(await store.load('web')).toEqual({ kind: 'none' })
  })
})

describe('tick', () => {
  it('brings what it starts to its end, without a loop', async () => {
    const { web, clock, running, wanted, backend } = rig({ wanted: 3 })
    await clock.runUntil(web.tick())
    expect(running()).toBe(3)
    await clock.runUntil(web.tick())
    wanted.count = 1
    await clock.runUntil(web.tick())
    expect(running()).toBe(1)
    await clock.advance(600_000)
    expect(backend.calls.listCount).toBe(3)
  })
})

describe('the log', () => {
  it('takes pino-like loggers: fields, then a sentence', async () => {
    const lines: [object, string][] = []
    const write = (fields: object, message: string): void => {
      lines.push([fields, message])
    }
    const logger: Logger = { debug: write, info: write, warn: write, error: write }
    const { start, clock } = rig({ logger })
    await start()
    await clock.advance(1000)
    expect(
      lines.every(([fields, message]) => (fields as { group: string }).group === 'web' && message.length > 0),
    ).toBe(true)
    expect(
      lines.map(([, message]) => message).some((message) => /launching -> in-service/.test(message)),
    ).toBe(true)
  })
})

describe('Autoscaler options', () => {
  const good = { group: 'web', min: 1, max: 3, backend: fakeBackend() }

  it.each([
    ['group', { group: 'Web 1' }],
    ['group', { group: '../etc' }],
    ['min', { min: -1 }],
    ['min', { min: 4 }],
    ['min', { min: Number.NaN }],
    ['max', { max: '5' }],
    ['max', { max: 0, min: 0 }],
    ['desired', { desired: 7 }],
    ['backend', { backend: {} }],
    ['backend', { backend: undefined }],
    ['policy', { policy: [] }],
    ['policy', { policy: targetTracking({ metric: 'jobs', target: 1 }) }],
    ['metrics', { metrics: [fakeMetrics({ name: 'cpu' })] }],
    ['intervalMs', { intervalMs: 0 }],
    ['behavior.scaleIn.windowMs', { behavior: { scaleIn: { windowMs: -1 } } }],
    ['launch.parallel', { launch: { parallel: 0 } }],
    ['health.maxUnhealthyRatio', { health: { maxUnhealthyRatio: 2 } }],
    ['victims', { victims: 'random' }],
    ['victims', { victims: [] }],
    ['victims', { victims: ['default', 'oldest'] }],
    ['victims', { victims: ['oldest', 'oldest'] }],
    ['balanceZones', { balanceZones: 'no' }],
    ['busyMetric', { victims: 'least-busy', busyMetric: 'jobs' }],
    ['shadow', { shadow: { later: targetTracking({ metric: 'jobs', target: 1 }) } }],
    ['shadow', { shadow: { '': fixed(1) } }],
    ['shadow', { shadow: { 'a\nb': fixed(1) } }],
    ['shadow.later', { shadow: { later: {} } }],
    ['shadow.later', { shadow: { later: [] } }],
    ['shadow', { shadow: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`s${i}`, fixed(1)])) }],
    ['log', { log: {} }],
    ['log', { log: [console.log] }],
    ['logger', { logger: { info: () => {} } }],
  ])('refuses a bad %s, naming it, its value and what would do', (field, options) => {
    const build = (): unknown => new Autoscaler({ ...good, ...options } as never)
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
    expect(build).toThrow(/^Autoscaler: .* must be .*, got /)
  })

  it('asks for a policy where there is no CPU for the default one', () => {
    const blind = fakeBackend({ supports: { usage: false } })
    const build = (metrics: readonly Metrics[]) => () => new Autoscaler({ ...good, metrics, backend: blind })
    expect(build([])).toThrow(/policy must be named, .* goes by cpu and there is no source of metrics/)
    expect(build([fakeMetrics({ name: 'jobs' })])).toThrow(
      /there is only jobs: targetTracking, say, or fixed/,
    )
  })

  it('never shows what stands under a name that is no option', () => {
    const build = (): unknown => new Autoscaler({ ...good, passwrd: 'hunter2' } as never)
    expect(build).toThrow(/^Autoscaler: passwrd must be left out: there is no such option$/)
  })

  it('names the metrics that there are when a policy wants another', () => {
    const build = (): unknown =>
      new Autoscaler({ ...good, policy: targetTracking({ metric: 'jobs', target: 1 }) })
    expect(build).toThrow(/over a metric that is there: one of cpu, memory, got 'jobs'/)
  })

  it('takes undefined for left out', () => {
    expect(
      () => new Autoscaler({ ...good, launch: { parallel: undefined }, policy: undefined }),
    ).not.toThrow()
  })
})
