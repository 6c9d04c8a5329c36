import { describe, expect, it } from 'vitest'
import { FlotillaError, type Problem, memoryStore } from '../../src/index.js'
import { FakeClock, fakeBackend, fakeBalancer, once } from '../../src/testing/index.js'
import { HostileBackend } from './hostile-backend.js'
import { ScriptedBalancer, type Rig, type RigOptions, rig } from './harness.js'

const gone = new FlotillaError('unavailable', 'nginx: no such container: nginx-lb')
const refused = new FlotillaError('permission-denied', 'the disk is in use')

async function serving(options: RigOptions = {}): Promise<Rig> {
  const one = rig({ wanted: 3, ...options })
  await one.start()
  await one.clock.advance(5000)
  return one
}

const end = ({ clock, web }: Rig, options = {}): Promise<void> =>
  clock.runUntil(web.stop({ terminate: true, ...options }), { maxMs: 3_600_000 })

const outcome = async (ending: Promise<void>): Promise<FlotillaError> =>
  ending.then(
    () => expect.fail('it should reject'),
    (error: unknown) => error as FlotillaError,
  )

describe('a group that is ended', () => {
  it('ends also when its balancer is gone, which is told, after it was tried again', async () => {
    const balancer = new ScriptedBalancer()
    const one = await serving({ balancer })
    balancer.fault = gone
    const before = balancer.syncs.length
    await end(one)
    expect(one.backend.machines.show('web')).toEqual([])
    expect(balancer.syncs.length - before).toBe(3)
    const [problem] = one.told.filter(({ name }) => name === 'problem').map(({ event }) => event as Problem)
    expect(problem?.message).toBe(
      'take group web out of scripted; its instances are ended all the same: nginx: no such container: nginx-lb',
    )
  })

  it('is not held up by a balancer that hangs for longer than it may', async () => {
    const clock = new FakeClock()
    const balancer = fakeBalancer({ clock })
    const one = await serving({ balancer, fakeClock: clock })
    balancer.faults.sync = { kind: 'hang' }
    const startMs = clock.monotonic()
    await end(one, { drainMs: 12_000 })
    expect(clock.monotonic() - startMs).toBeLessThan(14_000)
    expect(one.backend.machines.show('web')).toEqual([])
    expect(one.problems()).toEqual(['balance-failed'])
  })

  it('drains for a minute by default', async () => {
    const balancer = new ScriptedBalancer()
    const one = await serving({ balancer })
    balancer.holds = true
    const ending = one.web.stop({ terminate: true })
    await one.clock.advance(45_000)
    expect(one.running()).toBe(3)
    balancer.release()
    await one.clock.runUntil(ending)
    expect(one.running()).toBe(0)
    expect(one.problems()).toEqual([])
  })

  it('rejects and names what is left, and why; asked again, it ends that too', async () => {
    const one = await serving()
    const [first, second] = one.backend.machines.show('web')
    one.backend.faults.terminate = () => ({ kind: 'partial', ids: [first!.id, second!.id], error: refused })
    const error = await outcome(end(one))
    expect(error).toMatchObject({
      name: 'FlotillaError',
      code: 'not-ended',
      instanceId: first!.id,
      message:
        `end group web: 2 instances are left: ${first!.name}: the disk is in use; ` +
        `${second!.name}: the disk is in use`,
    })
    expect(one.told.at(-1)).toEqual({ name: 'stopped', event: { leftCount: 2 } })
    await one.web.stop()
    one.backend.faults.terminate = undefined
    await end(one)
    expect(one.backend.machines.show('web')).toEqual([])
    await end(one)
  })

  it('tries a termination that failed again before it gives up', async () => {
    const one = await serving()
    one.backend.faults.terminate = once({ kind: 'partial' }, 2)
    await end(one)
    expect(one.backend.machines.show('web')).toEqual([])
  })

  it('rejects when the backend cannot be reached', async () => {
    const one = await serving()
    const down = new FlotillaError('unavailable', 'connect ENOENT /var/run/docker.sock')
    one.backend.faults.list = { kind: 'fail', error: down }
    one.backend.faults.terminate = { kind: 'fail', error: down }
    const { message, code } = await outcome(end(one))
    expect(code).toBe('not-ended')
    expect(message).toContain('3 instances are left')
    expect(message).toContain('connect ENOENT')
    expect(one.running()).toBe(3)
  })

  it('never ends what its backend lists of another group', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const list = backend.list.bind(backend)
    const foreign = {
      id: 'x',
      group: 'other',
      token: 'x',
      name: 'x',
      status: 'running',
      createdAt: 0,
    } as const
    backend.list = async (group, options) => [...(await list(group, options)), foreign]
    const group = rig({ fakeClock: clock, fakeBackend: backend, wanted: 2 })
    await group.start()
    await clock.advance(5000)
    await clock.runUntil(group.web.stop({ terminate: true }))
    expect(backend.calls.terminated.flatMap(({ ids }) => ids)).not.toContain('x')
    expect(group.running()).toBe(0)
  })

  it.each([[undefined], ['x'], [[null]], [[{ name: 'a' }]]])(
    'rejects with not-ended, and tells it once, when the backend lists %j',
    async (answer) => {
      const clock = new FakeClock()
      const backend = fakeBackend({ clock })
      backend.list = async () => answer as never
      const group = rig({ fakeClock: clock, fakeBackend: backend })
      await group.start()
      await clock.advance(60_000)
      expect(group.problems()).toEqual(['list-failed'])
      const stopping = clock.runUntil(group.web.stop({ terminate: true }))
      await expect(stopping).rejects.toMatchObject({
        code: 'not-ended',
        message: expect.stringContaining('the backend answered what is no list of instances'),
      })
    },
  )

  it('rejects when it could not look whether anything is left', async () => {
    const one = await serving()
    one.backend.faults.list = { kind: 'fail', error: new FlotillaError('unavailable', 'no socket') }
    const { message } = await outcome(end(one))
    expect(message).toContain('list group web')
  })

  it('does not wait twice for a backend that hangs', async () => {
    const one = await serving({ timeouts: { terminateMs: 20_000 } })
    one.backend.faults.terminate = { kind: 'hang' }
    const startMs = one.clock.monotonic()
    await outcome(end(one))
    expect(one.clock.monotonic() - startMs).toBeLessThan(25_000)
  })

  it('rejects when what it had beside its machines could not be ended', async () => {
    const clock = new FakeClock()
    const error = new FlotillaError('conflict', 'the server is locked')
    const backend = Object.assign(fakeBackend({ clock }), {
      endGroup: async () => ({ done: ['spare-1'], failed: [{ id: 'spare-2', error }] }),
    })
    const one = await serving({ fakeBackend: backend, fakeClock: clock })
    const { message } = await outcome(end(one))
    expect(message).toBe('end group web: it may have left something behind: spare-2: the server is locked')
    expect(one.problems()).toEqual(['terminate-failed'])
    expect(backend.machines.show('web')).toEqual([])
  })

  it('keeps the protected ones, and resolves', async () => {
    const one = await serving()
    const kept = one.backend.machines.show('web')[0]!.id
    await one.web.protect(kept)
    await end(one)
    expect(one.backend.machines.show('web').map(({ id }) => id)).toEqual([kept])
  })

  it('is one ending when asked twice at once', async () => {
    const one = await serving()
    await one.clock.runUntil(
      Promise.all([one.web.stop({ terminate: true }), one.web.stop({ terminate: true })]),
    )
    expect(one.backend.calls.terminated.length).toBe(1)
  })

  it('is ended after a plain stop, also one that is still under way', async () => {
    const one = await serving()
    await one.clock.runUntil(Promise.all([one.web.stop(), one.web.stop({ terminate: true })]))
    expect(one.backend.machines.show('web')).toEqual([])
  })

  it('keeps its protections when it is ended after a plain stop, without a store', async () => {
    const one = await serving()
    const kept = one.backend.machines.show('web')[0]!.id
    await one.web.protect(kept)
    await one.clock.runUntil(one.web.stop())
    await end(one)
    expect(one.backend.machines.show('web').map(({ id }) => id)).toEqual([kept])
  })
})

describe('launches under way when a group ends', () => {
  it('whose machine shows only seconds later are ended too', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const launch = backend.launch.bind(backend)
    backend.launch = async (request, { signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      void clock.sleep(3500).then(() => launch(request, { signal: new AbortController().signal }))
      throw signal.reason
    }
    const one = await serving({ fakeBackend: backend, fakeClock: clock })
    await end(one)
    await clock.advance(60_000)
    expect(backend.machines.show('web')).toEqual([])
  })

  it('that ignore their signal are waited for', async () => {
    const clock = new FakeClock()
    const hostile = new HostileBackend(clock)
    hostile.launchFates = ['deaf']
    const one = await serving({ fakeBackend: hostile.open(), fakeClock: clock })
    await end(one)
    await clock.advance(60_000)
    expect(hostile.madeCount).toBe(3)
    expect(hostile.inner.machines.show('web')).toEqual([])
  })

  it('that never answer are told as what may be left', async () => {
    const one = await serving({ wanted: 1 })
    one.backend.faults.launch = { kind: 'hang' }
    one.wanted.count = 2
    await one.clock.advance(10_000)
    const { message } = await outcome(end(one))
    expect(message).toMatch(
      /^end group web: it may have left something behind: web-\w+: its launch has not answered, and its machine may still appear$/,
    )
    expect(one.running()).toBe(0)
  })

  it('of a controller before this one are looked for as well', async () => {
    const clock = new FakeClock()
    const store = memoryStore()
    const backend = fakeBackend({ clock })
    const launch = backend.launch.bind(backend)
    backend.launch = async (request, { signal }) => {
      void clock.sleep(9000).then(() => launch(request, { signal: new AbortController().signal }))
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      throw signal.reason
    }
    const first = await serving({ fakeBackend: backend, fakeClock: clock, store, wanted: 1 })
    await clock.runUntil(first.web.stop())
    const next = rig({ fakeBackend: backend.reopen(), fakeClock: clock, store })
    await end(next)
    await clock.advance(60_000)
    expect(backend.machines.show('web')).toEqual([])
  })

  it('are no reason to wait when there are none', async () => {
    const one = await serving()
    const startMs = one.clock.monotonic()
    await end(one)
    expect(one.clock.monotonic() - startMs).toBeLessThan(200)
  })
})
