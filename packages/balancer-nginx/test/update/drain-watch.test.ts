import { FakeClock } from '@flotilla/core/testing'
import type { Address } from '@flotilla/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Drain, DrainOutcome, Removed } from '../../src/update/drain.js'
import { DrainWatch } from '../../src/update/drain-watch.js'

/** Workers that end when told, on a clock that moves when told. */
class Rig {
  readonly clock = new FakeClock()
  readonly running = new Set<string>()
  readonly busy = new Set<string>()
  lookCount = 0
  isBlind = false
  readonly watch: DrainWatch

  constructor(drainMs: number) {
    this.watch = new DrainWatch({
      clock: this.clock,
      drainMs,
      timeoutMs: 1000,
      pollMs: [10, 250],
      api: {
        stillRunning: async (ids) => {
          this.lookCount += 1
          if (this.isBlind) throw new Error('the engine is away')
          return ids.filter((id) => this.running.has(id)).map((id) => ({ id, isLeaving: true }))
        },
        connectedTo: async (_, targets) => targets.map(({ host }: Address) => this.busy.has(host)),
      },
    })
  }

  remove(
    memberId: string,
    workers: readonly string[] | undefined,
  ): { readonly now: () => DrainOutcome | 'pending' } {
    return seen(
      this.watch.add(removed(memberId), workers && [{ ids: workers, toldAtMs: this.clock.monotonic() }]),
    )
  }
}

const removed = (memberId: string): Removed => ({ memberId, address: { host: memberId, port: 80 } })

function seen({ outcome }: Drain): { readonly now: () => DrainOutcome | 'pending' } {
  let is: DrainOutcome | 'pending' = 'pending'
  void outcome.then((settled) => (is = settled))
  return { now: () => is }
}

let rig = new Rig(10_000)
afterEach(() => rig.watch.stop())

describe('a removal', () => {
  it('is drained once the last old worker has ended', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1').add('w2')
    const drain = rig.remove('a', ['w1', 'w2'])
    await rig.clock.advance(1000)
    rig.running.delete('w1')
    await rig.clock.advance(1000)
    expect(drain.now()).toBe('pending')
    rig.running.delete('w2')
    await rig.clock.advance(250)
    expect(drain.now()).toBe('drained')
  })

  it('is drained at once when no old worker is left', async () => {
    rig = new Rig(10_000)
    const drain = rig.remove('a', ['w1'])
    await rig.clock.settle()
    expect(drain.now()).toBe('drained')
  })

  it('is cut when its time has passed and it had connections, not a moment before', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1')
    rig.busy.add('a')
    const drain = rig.remove('a', ['w1'])
    await rig.clock.advance(9999)
    expect(drain.now()).toBe('pending')
    await rig.clock.advance(1)
    expect(drain.now()).toBe('cut')
  })

  it('is drained when its time has passed and it was others that kept the worker', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1')
    rig.busy.add('a')
    const busy = rig.remove('a', ['w1'])
    const idle = rig.remove('b', ['w1'])
    await rig.clock.advance(10_000)
    expect([busy.now(), idle.now()]).toEqual(['cut', 'drained'])
  })

  it('is cut when nginx itself cut it, however early that is', async () => {
    rig = new Rig(10_000)
    rig.watch.workerShutdownMs = 2000
    rig.running.add('w1')
    rig.busy.add('a')
    const busy = rig.remove('a', ['w1'])
    const idle = rig.remove('b', ['w1'])
    await rig.clock.advance(2000)
    rig.running.clear()
    await rig.clock.advance(250)
    expect([busy.now(), idle.now()]).toEqual(['cut', 'drained'])
  })

  it('is cut although nginx cut it a moment before its worker ended', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1')
    rig.busy.add('a')
    // In force later than told: Nginx counts from somewhere in between.
    const toldAtMs = rig.clock.monotonic()
    await rig.clock.advance(300)
    const drain = seen(rig.watch.add(removed('a'), [{ ids: ['w1'], toldAtMs }]))
    await rig.clock.advance(9750)
    rig.busy.clear()
    await rig.clock.advance(200)
    rig.running.clear()
    await rig.clock.advance(250)
    expect(drain.now()).toBe('cut')
  })

  it('is cut when an earlier reload had told its worker, whose time is up earlier', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1').add('w2')
    rig.busy.add('a')
    const early = { ids: ['w1'], toldAtMs: rig.clock.monotonic() }
    await rig.clock.advance(4000)
    const late = { ids: ['w2'], toldAtMs: rig.clock.monotonic() }
    const busy = seen(rig.watch.add(removed('a'), [early, late]))
    const idle = seen(rig.watch.add(removed('b'), [early, late]))
    await rig.clock.advance(1000)
    rig.running.delete('w2')
    await rig.clock.advance(5050)
    rig.running.delete('w1')
    await rig.clock.advance(250)
    expect([busy.now(), idle.now()]).toEqual(['cut', 'drained'])
  })

  it('is cut when nobody knows since when its worker is leaving', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1')
    const drain = seen(rig.watch.add(removed('a'), [{ ids: ['w1'], toldAtMs: -Infinity }]))
    await rig.clock.advance(1000)
    rig.running.clear()
    await rig.clock.advance(250)
    expect(drain.now()).toBe('cut')
  })

  it('waits as long as it may for workers that nginx never cuts', async () => {
    rig = new Rig(10_000)
    rig.watch.workerShutdownMs = Infinity
    rig.running.add('w1')
    const known = rig.remove('a', ['w1'])
    const unknown = seen(rig.watch.add(removed('b'), [{ ids: ['w1'], toldAtMs: -Infinity }]))
    await rig.clock.advance(9500)
    expect([known.now(), unknown.now()]).toEqual(['pending', 'pending'])
    rig.running.clear()
    await rig.clock.advance(250)
    expect([known.now(), unknown.now()]).toEqual(['drained', 'drained'])
  })

  it('is cut after its time when nobody can see the workers', async () => {
    rig = new Rig(10_000)
    const drain = rig.remove('a', undefined)
    await rig.clock.advance(9999)
    expect(drain.now()).toBe('pending')
    await rig.clock.advance(1)
    expect(drain.now()).toBe('cut')
  })

  it('goes on being watched when a look fails', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1')
    const drain = rig.remove('a', ['w1'])
    rig.isBlind = true
    await rig.clock.advance(3000)
    rig.running.clear()
    await rig.clock.advance(1000)
    expect(drain.now()).toBe('pending')
    rig.isBlind = false
    await rig.clock.advance(250)
    expect(drain.now()).toBe('drained')
  })

  it('is cut after its time when no look ever succeeds', async () => {
    rig = new Rig(1000)
    rig.isBlind = true
    const drain = rig.remove('a', ['w1'])
    await rig.clock.advance(1000)
    expect(drain.now()).toBe('cut')
  })

  it('is readmitted when its member is back, and others go on', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1')
    const back = rig.remove('a', ['w1'])
    const gone = rig.remove('b', ['w1'])
    await rig.clock.advance(100)
    rig.watch.readmit(new Set(['a']))
    await rig.clock.settle()
    expect([back.now(), gone.now()]).toEqual(['readmitted', 'pending'])
  })

  it('of later workers does not wait for earlier ones', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1').add('w2')
    const early = rig.remove('a', ['w1'])
    await rig.clock.advance(1000)
    const late = rig.remove('b', ['w2'])
    rig.running.delete('w2')
    await rig.clock.advance(300)
    expect([early.now(), late.now()]).toEqual(['pending', 'drained'])
  })
})

describe('looking', () => {
  it('grows rarer, and stops with the last removal', async () => {
    rig = new Rig(10_000)
    rig.running.add('w1')
    rig.remove('a', ['w1'])
    await rig.clock.advance(5000)
    expect(rig.lookCount).toBeLessThan(30)
    rig.running.clear()
    await rig.clock.advance(250)
    const before = rig.lookCount
    await rig.clock.advance(60_000)
    expect(rig.lookCount).toBe(before)
    expect(rig.clock.pendingCount).toBe(0)
  })

  it('stops when told, and settles nothing more', async () => {
    rig = new Rig(1000)
    rig.running.add('w1')
    const drain = rig.remove('a', ['w1'])
    rig.watch.stop()
    await rig.clock.advance(2000)
    expect(drain.now()).toBe('pending')
    expect(rig.clock.pendingCount).toBe(0)
  })
})
