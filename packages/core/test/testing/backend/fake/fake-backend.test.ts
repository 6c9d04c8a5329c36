import { describe, expect, it } from 'vitest'
import { FlotillaError, type Instance } from '@flotilla/core'
import { fakeBackend, FakeClock, once, type FakeBackend } from '@flotilla/core/testing'

const options = { signal: new AbortController().signal }
const launch = async (backend: FakeBackend, token: string, group = 'web'): Promise<Instance> =>
  backend.launch({ group, token }, options)
const ids = async (backend: FakeBackend, group = 'web'): Promise<readonly string[]> =>
  (await backend.list(group, options)).map(({ id }) => id)

describe('fakeBackend', () => {
  it('boots by the clock, and shows an address once it runs', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, bootMs: 5_000 })
    const launched = await launch(backend, 'a')
    expect([launched.status, launched.address]).toEqual(['pending', undefined])
    await clock.advance(5_000)
    const [running] = await backend.list('web', options)
    expect([running?.status, running?.address]).toEqual(['running', { host: '10.0.0.1', port: 8080 }])
  })

  it('boots each request as long as told, and one of Infinity never', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, bootMs: ({ token }) => (token === 'slow' ? Infinity : 0) })
    await launch(backend, 'quick')
    await launch(backend, 'slow')
    await clock.advance(1e9)
    expect((await backend.list('web', options)).map(({ status }) => status)).toEqual(['running', 'pending'])
  })

  it('gives the same objects again while nothing changed', async () => {
    const backend = fakeBackend()
    await launch(backend, 'a')
    const [[first], [second]] = [await backend.list('web', options), await backend.list('web', options)]
    expect(second).toBe(first)
  })

  it('records what it was asked', async () => {
    const backend = fakeBackend()
    const { id } = await launch(backend, 'a')
    await backend.list('web', options)
    await backend.terminate('web', [id, 'other'], options)
    await backend.close()
    expect(backend.calls).toEqual({
      listCount: 1,
      usageCount: 0,
      closeCount: 1,
      launched: [{ group: 'web', token: 'a' }],
      terminated: [{ group: 'web', ids: [id, 'other'] }],
    })
  })

  it('launches from the template of the moment', async () => {
    const backend = fakeBackend({ templateHash: 'v1' })
    await launch(backend, 'a')
    backend.setTemplate('v2')
    await launch(backend, 'b')
    expect(backend.templateHash).toBe('v2')
    expect((await backend.list('web', options)).map(({ templateHash }) => templateHash)).toEqual(['v1', 'v2'])
    expect(backend.reopen().templateHash).toBe('v2')
  })

  it('lets others crash, delete and make machines', async () => {
    const backend = fakeBackend()
    const [a, b] = [await launch(backend, 'a'), await launch(backend, 'b')]
    backend.crash(a.id, 'out of memory')
    backend.remove(b.id)
    const nobodys = backend.addForeign()
    const others = backend.addForeign({ group: 'db' })
    expect(await backend.list('web', options)).toMatchObject([
      { id: a.id, status: 'stopped', statusReason: 'out of memory' },
    ])
    expect(await ids(backend, 'db')).toEqual([others])
    expect(backend.machines.get(nobodys)?.group).toBeUndefined()
    expect(() => backend.crash('none')).toThrow('no machine none')
  })

  it('has no usage and no watch when told that it supports neither', () => {
    const backend = fakeBackend({ supports: { usage: false, watch: false } })
    expect([backend.usage, backend.watch]).toEqual([undefined, undefined])
    expect(backend.supports.chooseVictim).toBe(true)
  })

  it('reads what setUsage has set, and before that what it was told', async () => {
    const backend = fakeBackend({
      use: ({ token }) => ({ cpuRatio: token === 'a' ? 0.9 : 0.1, memoryBytes: 7 }),
    })
    const [a, b] = [await launch(backend, 'a'), await launch(backend, 'b')]
    backend.setUsage(b.id, { cpuRatio: 1.5, memoryBytes: 8 })
    const readings = (await backend.usage?.([a, b], options)) ?? []
    expect(readings.map((reading) => [reading.name, reading.kind === 'value' ? reading.value : NaN])).toEqual(
      [
        ['cpu', 0.9],
        ['memory', 7],
        ['cpu', 1.5],
        ['memory', 8],
      ],
    )
  })

  it('keeps a thousand groups apart at a cost that does not grow', async () => {
    const backend = fakeBackend()
    for (let group = 0; group < 1_000; group += 1) await launch(backend, 'a', `group-${group}`)
    expect(await ids(backend, 'group-77')).toEqual(['fake-78'])
    for (let group = 0; group < 1_000; group += 1) {
      await backend.terminate(`group-${group}`, [`fake-${group + 1}`], options)
    }
    expect(backend.machines.leftovers()).toEqual([])
  })
})

describe('faults of fakeBackend', () => {
  const boom = new FlotillaError('quota-exceeded', 'no more')

  it('fails before anything is made, as long as the fault stands', async () => {
    const backend = fakeBackend()
    backend.faults.launch = { kind: 'fail', error: boom }
    await expect(launch(backend, 'a')).rejects.toBe(boom)
    await expect(launch(backend, 'a')).rejects.toBe(boom)
    expect(await ids(backend)).toEqual([])
    backend.faults.launch = undefined
    await launch(backend, 'a')
    expect(await ids(backend)).toHaveLength(1)
  })

  it('meets a fault once, or as often as told', async () => {
    const backend = fakeBackend()
    backend.faults.list = once({ kind: 'fail', error: boom }, 2)
    await expect(ids(backend)).rejects.toBe(boom)
    await expect(ids(backend)).rejects.toBe(boom)
    expect(await ids(backend)).toEqual([])
  })

  it('asks a function for each call', async () => {
    const backend = fakeBackend()
    backend.faults.launch = ({ token }) => (token === 'bad' ? { kind: 'fail', error: boom } : undefined)
    await expect(launch(backend, 'bad')).rejects.toBe(boom)
    await expect(launch(backend, 'good')).resolves.toMatchObject({ token: 'good' })
  })

  it.each(['launch', 'list', 'terminate', 'usage'] as const)(
    'is slow in %s, and obeys the signal then',
    async (call) => {
      const clock = new FakeClock()
      const backend = fakeBackend({ clock })
      backend.faults[call] = { kind: 'slow', ms: 1_000 }
      const controller = new AbortController()
      const given = { signal: controller.signal }
      const started = {
        launch: async () => backend.launch({ group: 'web', token: 'a' }, given),
        list: async () => backend.list('web', given),
        terminate: async () => backend.terminate('web', [], given),
        usage: async () => backend.usage?.([], given),
      }[call]
      const first = started()
      await clock.advance(999)
      expect(clock.pendingCount).toBe(1)
      await clock.advance(1)
      await first
      const second = started()
      controller.abort(boom)
      await expect(second).rejects.toBe(boom)
    },
  )

  it('stalls until its own bound', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, timeoutMs: 10_000 })
    backend.faults.list = { kind: 'stall' }
    const listing = clock.runUntil(ids(backend))
    await expect(listing).rejects.toMatchObject({
      code: 'timeout',
      message: 'fake list: no answer within 10000 ms',
    })
  })

  it('hangs for ever, and ignores its signal', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    backend.faults.list = { kind: 'hang' }
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    const controller = new AbortController()
    backend.list('web', { signal: controller.signal }).then(settled, settled)
    controller.abort()
    await clock.advance(1e9)
    expect(isSettled).toBe(false)
  })

  it.each(['a string', undefined, null, 42])('throws %s', async (value) => {
    const backend = fakeBackend()
    backend.faults.launch = { kind: 'throw', value }
    await expect(launch(backend, 'a')).rejects.toBe(value)
  })

  it('loses the reply of a launch, and has the machine', async () => {
    const backend = fakeBackend()
    backend.faults.launch = once({ kind: 'lose-reply' })
    await expect(launch(backend, 'a')).rejects.toMatchObject({ code: 'timeout' })
    const [id] = await ids(backend)
    await expect(launch(backend, 'a')).resolves.toMatchObject({ id })
  })

  it('fails half way, and leaves nothing', async () => {
    const backend = fakeBackend()
    backend.faults.launch = once({ kind: 'fail-half-way' })
    await expect(launch(backend, 'a')).rejects.toMatchObject({ code: 'launch-failed' })
    expect([await ids(backend), backend.machines.leftovers()]).toEqual([[], []])
  })

  it('lets a machine vanish after a while, wherever it is looked for', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    backend.faults.launch = once({ kind: 'vanish', afterMs: 1_000 })
    const { id } = await launch(backend, 'a')
    await clock.advance(999)
    expect(await ids(backend)).toEqual([id])
    await clock.advance(1)
    expect(backend.machines.byToken('web', 'a')).toBeUndefined()
    expect(await ids(backend)).toEqual([])
    expect(backend.machines.leftovers()).toEqual([])
  })

  it('makes two machines of one token, and lists both', async () => {
    const backend = fakeBackend()
    backend.faults.launch = once({ kind: 'duplicate' })
    const { id } = await launch(backend, 'a')
    const listed = await backend.list('web', options)
    expect(listed.map(({ token }) => token)).toEqual(['a', 'a'])
    expect(listed[0]?.id).toBe(id)
  })

  it('ends a part of a batch', async () => {
    const backend = fakeBackend()
    const made = [await launch(backend, 'a'), await launch(backend, 'b'), await launch(backend, 'c')]
    backend.faults.terminate = once({ kind: 'partial' })
    const all = made.map(({ id }) => id)
    const { done, failed } = await backend.terminate('web', all, options)
    expect([done, failed.map(({ id }) => id)]).toEqual([[all[0], all[2]], [all[1]]])
    expect(failed[0]?.error).toMatchObject({ code: 'conflict', instanceId: all[1] })
    expect(await ids(backend)).toEqual([all[1]])
  })

  it('ends a batch, and loses the reply', async () => {
    const backend = fakeBackend()
    const { id } = await launch(backend, 'a')
    backend.faults.terminate = once({ kind: 'lose-reply' })
    await expect(backend.terminate('web', [id], options)).rejects.toMatchObject({ code: 'timeout' })
    expect(await ids(backend)).toEqual([])
  })

  it('lists twice, or nothing', async () => {
    const backend = fakeBackend()
    const { id } = await launch(backend, 'a')
    backend.faults.list = { kind: 'duplicate' }
    expect(await ids(backend)).toEqual([id, id])
    backend.faults.list = { kind: 'empty' }
    expect(await ids(backend)).toEqual([])
  })

  it('reads usage in part, leaves some out, or talks nonsense', async () => {
    const backend = fakeBackend()
    const made = [await launch(backend, 'a'), await launch(backend, 'b')]
    const read = async (): Promise<readonly unknown[]> => {
      const readings = (await backend.usage?.(made, options)) ?? []
      return readings
        .filter(({ name }) => name === 'cpu')
        .map((reading) => (reading.kind === 'value' ? reading.value : reading.kind))
    }
    const lost = [made[0]?.id ?? '']
    backend.faults.usage = { kind: 'absent', ids: lost }
    expect(await read()).toEqual(['absent', 0.1])
    backend.faults.usage = { kind: 'absent' }
    expect(await read()).toEqual(['absent', 'absent'])
    backend.faults.usage = { kind: 'left-out', ids: lost }
    expect(await read()).toEqual([0.1])
    backend.faults.usage = { kind: 'left-out' }
    expect(await read()).toEqual([])
    backend.faults.usage = { kind: 'nonsense', value: 'much' }
    expect(await read()).toEqual(['much', 'much'])
  })
})
