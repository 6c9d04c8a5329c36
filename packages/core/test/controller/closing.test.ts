import { describe, expect, it } from 'vitest'
import { Autoscaler, fixed, memoryStore, silentLogger } from '../../src/index.js'
import type { DecisionLogFile, Metrics } from '../../src/index.js'
import { FakeClock, fakeBackend, fakeBalancer } from '../../src/testing/index.js'
import { rig } from './harness.js'

/** Everything that a group may be given, each writing down that it was closed. */
function allGiven(closed: string[]): Parameters<typeof rig>[0] {
  const noting = <T extends object>(name: string, one: T): T & { close(): Promise<void> } =>
    Object.assign(one, { close: async () => void closed.push(name) })
  const clock = new FakeClock()
  const metrics: Metrics = { name: 'queue', provides: [], sample: async () => [] }
  const log: DecisionLogFile = noting('log', {
    record: () => {},
    note: () => {},
    flush: async () => {},
    droppedCount: 0,
    async *[Symbol.asyncIterator]() {},
    async *read() {},
  }) as unknown as DecisionLogFile
  return {
    fakeClock: clock,
    fakeBackend: noting('backend', fakeBackend({ clock })),
    balancer: noting('balancer', fakeBalancer({ clock })),
    metrics: [noting('metrics', metrics)],
    store: noting('store', memoryStore()),
    log,
  }
}

describe('stop({ close: true })', () => {
  it('closes all that the group was given, each once, the front first and the records last', async () => {
    const closed: string[] = []
    const { start, web, clock } = rig(allGiven(closed))
    await start()
    await clock.runUntil(web.stop({ close: true }))
    expect(closed).toEqual(['balancer', 'metrics', 'backend', 'store', 'log'])
  })

  it('is not the default, nor what await using does', async () => {
    const closed: string[] = []
    const { start, web, clock } = rig(allGiven(closed))
    await start()
    await clock.runUntil(web[Symbol.asyncDispose]())
    expect(closed).toEqual([])
  })

  it('closes the others when one fails, and rejects with what it said', async () => {
    const closed: string[] = []
    const given = allGiven(closed)
    const balancer = fakeBalancer()
    balancer.close = async () => {
      throw new Error('still draining')
    }
    const { start, web, clock } = rig({ ...given, balancer })
    await start()
    await expect(clock.runUntil(web.stop({ close: true }))).rejects.toThrow('still draining')
    expect(closed).toEqual(['metrics', 'backend', 'store', 'log'])
  })

  it('leaves all open when the group could not be ended, so that it can be tried again', async () => {
    const closed: string[] = []
    const { start, web, clock, backend } = rig(allGiven(closed))
    await start()
    await clock.advance(1000)
    backend.faults.list = () => ({ kind: 'throw', value: new Error('the daemon is down') })
    await expect(clock.runUntil(web.stop({ terminate: true, close: true }))).rejects.toMatchObject({
      code: 'not-ended',
    })
    expect(closed).toEqual([])
    backend.faults.list = undefined
    await clock.runUntil(web.stop({ terminate: true, close: true }))
    expect(closed).toHaveLength(5)
  })

  it('closes also when the group was stopped before, or never started', async () => {
    const closed: string[] = []
    const { web, clock } = rig(allGiven(closed))
    await clock.runUntil(web.stop())
    await clock.runUntil(web.stop({ close: true }))
    expect(closed).toHaveLength(5)
  })

  it('refuses what is no boolean', () => {
    const web = new Autoscaler({
      group: 'web',
      min: 1,
      max: 1,
      backend: fakeBackend(),
      policy: fixed(1),
      logger: silentLogger,
    })
    expect(() => web.stop({ close: 'yes' as never })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    )
  })
})
