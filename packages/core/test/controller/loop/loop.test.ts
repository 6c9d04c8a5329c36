import { describe, expect, it } from 'vitest'
import { Loop, type PassKind } from '../../../src/controller/loop/loop.js'
import { FakeClock } from '../../../src/testing/index.js'

function loop(takesMs = 0): { clock: FakeClock; runs: string[]; abort: AbortController; it: Loop } {
  const clock = new FakeClock()
  const abort = new AbortController()
  const runs: string[] = []
  let active = 0
  const pass = async (kind: PassKind): Promise<void> => {
    active += 1
    expect(active).toBe(1)
    runs.push(`${clock.monotonic()} ${kind}`)
    if (takesMs > 0) await clock.sleep(takesMs)
    active -= 1
  }
  return { clock, runs, abort, it: new Loop({ clock, intervalMs: 1000, signal: abort.signal, pass }) }
}

describe('the loop', () => {
  it('ticks at every interval until it is stopped', async () => {
    const { clock, runs, abort, it: one } = loop()
    await clock.runUntil(one.start())
    await clock.advance(2500)
    abort.abort()
    await clock.advance(5000)
    expect(runs).toEqual(['0 tick', '1000 tick', '2000 tick'])
  })

  it('never overlaps passes, and leaves out ticks that a long one has overtaken', async () => {
    const { clock, runs, it: one } = loop(1700)
    const started = one.start()
    await clock.advance(300)
    one.wake('reconcile')
    await clock.advance(6000)
    await started
    expect(runs.slice(0, 3)).toEqual(['0 tick', '1700 reconcile', '3400 tick'])
  })

  it('makes one pass of many requests: the earliest time, the kind that does most', async () => {
    const { clock, runs, it: one } = loop()
    await clock.runUntil(one.start())
    one.wake('reconcile', 500)
    one.wake('check', 700)
    one.wake('reconcile', 300)
    await clock.advance(900)
    expect(runs).toEqual(['0 tick', '300 check'])
  })

  it('does more when asked for more before it ran', async () => {
    const { clock, runs, it: one } = loop()
    await clock.runUntil(one.start())
    one.wake('reconcile')
    one.wake('check')
    await clock.advance(10)
    expect(runs).toEqual(['0 tick', '0 check'])
  })

  it('wakes for nobody before it runs or after it stopped', async () => {
    const { clock, runs, abort, it: one } = loop()
    one.wake('check')
    await clock.advance(10)
    expect(runs).toEqual([])
    await clock.runUntil(one.start())
    abort.abort()
    one.wake('check')
    await clock.advance(10)
    expect(runs.length).toBe(1)
  })
})
