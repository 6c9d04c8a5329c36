import { getEventListeners, once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { FlotillaError, type Logger, memoryStore, silentLogger } from '../../../src/index.js'
import { rig } from '../harness.js'

describe('a listener', () => {
  it('that is async and rejects is logged, and ends nothing', async () => {
    const errors: string[] = []
    const logger: Logger = { ...silentLogger, error: (_, message) => errors.push(message) }
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    try {
      const { start, web, clock, running } = rig({ wanted: 2, logger })
      web.on('scaled', async () => {
        throw new Error('no such channel')
      })
      await start()
      await clock.advance(5000)
      await new Promise((resolve) => setImmediate(resolve))
      expect(running()).toBe(2)
      expect(errors).toEqual(['a listener of scaled failed: no such channel'])
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', note)
    }
  })

  it.each([
    ['scale', /^on: event must be one of started, .*; did you mean `scaled`\?, got 'scale'$/],
    ['problems', /did you mean `problem`\?/],
    ['error', /^on: event must be one of started, .*stopped, got 'error'$/],
    [undefined, /^on: event must be one of/],
  ])('of %s, which is no event, is refused', (name, message) => {
    const { web } = rig()
    expect(() => web.on(name as never, () => {})).toThrow(message)
  })

  it('that is none is refused', () => {
    const { web } = rig()
    expect(() => web.on('scaled', undefined as never)).toThrow(
      'on: listener must be a function, got undefined',
    )
  })

  it('goes when its signal aborts', async () => {
    const { start, web, clock } = rig()
    const leave = new AbortController()
    let count = 0
    web.on('tick', () => (count += 1), { signal: leave.signal })
    await start()
    expect(count).toBe(1)
    leave.abort()
    web.on('tick', () => (count += 100), { signal: leave.signal })
    await clock.advance(30_000)
    expect(count).toBe(1)
  })
})

describe('once', () => {
  it('gives the next event', async () => {
    const { start, web, clock } = rig({ wanted: 3 })
    const scaled = web.once('scaled')
    await start()
    await clock.advance(1)
    expect(await scaled).toMatchObject({ from: 1, to: 3 })
  })

  it('rejects with closed when the autoscaler stops before, and with the reason of its signal', async () => {
    const { start, web, clock } = rig()
    await start()
    const never = web.once('paused').catch((error: unknown) => error)
    const leave = new AbortController()
    const left = web.once('paused', { signal: leave.signal })
    leave.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    await clock.runUntil(web.stop())
    expect(await never).toMatchObject({ code: 'closed' })
    expect(() => web.once('no' as never)).toThrow(/^once: event must be one of/)
  })

  it("is no EventEmitter's: Node's own once is told what to do", async () => {
    const { web } = rig()
    await expect(once(web as never, 'scaled')).rejects.toThrow(
      "once: options must be left out: once('scaled') gives a promise of the event",
    )
  })
})

describe('events', () => {
  it('come as an async iteration, none lost, until the autoscaler stops', async () => {
    const { start, web, clock, wanted } = rig({ wanted: 2 })
    const counts: number[] = []
    const reading = (async () => {
      for await (const { to } of web.events('scaled')) counts.push(to)
    })()
    await start()
    wanted.count = 5
    await clock.advance(20_000)
    wanted.count = 3
    await clock.advance(20_000)
    await clock.runUntil(web.stop())
    await reading
    expect(counts).toEqual([2, 5, 3])
  })

  it('end with the signal, and with a break', async () => {
    const { start, web, clock } = rig()
    const leave = new AbortController()
    let count = 0
    const reading = (async () => {
      for await (const _ of web.events('tick', { signal: leave.signal })) count += 1
    })()
    const first = (async () => {
      for await (const { at } of web.events('tick')) return at
      return undefined
    })()
    await start()
    await clock.advance(10_000)
    leave.abort()
    await reading
    expect(count).toBe(2)
    expect(await first).toBeTypeOf('number')
  })
})

describe('start and stop', () => {
  it('a signal given to start stops the loop, and the group goes on', async () => {
    const { web, clock, running, told } = rig({ wanted: 2 })
    const end = new AbortController()
    await clock.runUntil(web.start({ signal: end.signal }))
    await clock.advance(1000)
    end.abort()
    await clock.advance(60_000)
    expect(told.at(-1)).toEqual({ name: 'stopped', event: { leftCount: 2 } })
    expect(running()).toBe(2)
    await expect(web.start({ signal: end.signal })).rejects.toBe(end.signal.reason)
  })

  it('one that was stopped says so, and a misspelt option is refused', async () => {
    const { web, clock } = rig()
    const bad: readonly unknown[] = [{ sgnal: 1 }, { signal: 1 }, 5]
    for (const options of bad) {
      await expect(web.start(options as object)).rejects.toMatchObject({ code: 'invalid-options' })
      expect(() => web.on('tick', () => {}, options as object)).toThrow(/^on.* must be /)
      expect(() => web.events('tick', options as object)).toThrow(/^events.* must be /)
      expect(() => web.once('tick', options as object)).toThrow(/^once.* must be /)
    }
    expect(() => web.explain('yesterday' as never)).toThrow('explain: time must be a finite number')
    await web.start()
    await clock.runUntil(web.stop())
    await expect(web.start()).rejects.toMatchObject({ code: 'closed' })
  })

  it('leaves nothing on the signal of a program that asks again and again', async () => {
    const store = memoryStore()
    const acquire = store.acquire?.bind(store)
    let isFree = false
    store.acquire = async (group, options) => {
      if (!isFree || acquire === undefined) throw new FlotillaError('conflict', 'another has it')
      return acquire(group, options)
    }
    const { web, clock } = rig({ store })
    const { signal } = new AbortController()
    for (let turn = 0; turn < 3; turn += 1) {
      await expect(web.start({ signal })).rejects.toMatchObject({ code: 'conflict' })
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    isFree = true
    await web.start({ signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await clock.runUntil(web.stop())
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('a group that was stopped can be ended afterwards, once', async () => {
    const { start, web, clock, running, told } = rig({ wanted: 3 })
    await start()
    await clock.advance(1000)
    await clock.runUntil(web.stop())
    expect(running()).toBe(3)
    await clock.runUntil(Promise.all([web.stop({ terminate: true }), web.stop({ terminate: true })]))
    expect(running()).toBe(0)
    expect(web.status().instances).toEqual([])
    expect(told.filter(({ name }) => name === 'stopped').map(({ event }) => event)).toEqual([
      { leftCount: 3 },
      { leftCount: 0 },
    ])
    await clock.runUntil(web.stop())
  })

  it('a group is ended without a start, and nothing is launched', async () => {
    const first = rig({ wanted: 2 })
    await first.start()
    await first.clock.advance(1000)
    await first.clock.runUntil(first.web.stop())
    const { web, backend, running } = rig({
      fakeClock: first.clock,
      fakeBackend: first.backend.reopen(),
      min: 4,
    })
    await first.clock.runUntil(web.stop({ terminate: true }))
    expect(running()).toBe(0)
    expect(backend.calls.launched).toEqual([])
  })

  it.each([
    [
      { terminat: true },
      'stop: terminat must be left out: there is no such option; did you mean `terminate`?',
    ],
    [{ terminate: 'yes' }, "stop: terminate must be true or false, got 'yes'"],
  ])('stop(%j) is refused, and stops nothing', async (options, message) => {
    const { start, web, clock, told } = rig()
    await start()
    expect(() => web.stop(options as never)).toThrow(message)
    await clock.advance(30_000)
    expect(told.filter(({ name }) => name === 'tick').length).toBeGreaterThan(2)
  })
})

describe('status', () => {
  it('shows no bookkeeping, and the problems that stand with their errors as JSON', async () => {
    const { start, web, backend, clock } = rig({ wanted: 1 })
    await start()
    await clock.advance(1000)
    const cause = Object.assign(new Error('connect ENOENT'), { password: 'hunter2' })
    const error = new FlotillaError('unavailable', 'list web: no socket', { cause, requestId: 'r1' })
    backend.faults.list = { kind: 'fail', error }
    const since = clock.now()
    await clock.advance(30_000)
    const { instances, problems } = web.status()
    expect(Object.keys(instances[0] ?? {}).toSorted()).not.toContain('attempts')
    expect(JSON.stringify(instances)).not.toMatch(/attempts|retryAt|failedProbes/)
    const [problem] = problems
    expect(problem).toMatchObject({ kind: 'list-failed', about: '', error })
    expect(problem?.since).toBeGreaterThan(since)
    expect(problem?.count).toBe(3)
    expect(JSON.parse(JSON.stringify(problem))).toMatchObject({
      message: 'list group web on fake: list web: no socket',
      error: {
        name: 'FlotillaError',
        code: 'unavailable',
        message: 'list web: no socket',
        retryable: true,
        requestId: 'r1',
        cause: 'connect ENOENT',
      },
    })
    expect(JSON.stringify(problem)).not.toContain('hunter2')
    backend.faults.list = undefined
    await clock.advance(30_000)
    expect(web.status().problems).toEqual([])
  })
})
