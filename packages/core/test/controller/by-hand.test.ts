import { describe, expect, it } from 'vitest'
import { rig } from './harness.js'

const undamped = { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: 0 } }

describe('a count set by hand', () => {
  it('starts the cooldown, as a decision does', async () => {
    const behavior = { ...undamped, scaleIn: { ...undamped.scaleIn, cooldownMs: 60_000 } }
    const one = rig({ wanted: 2, behavior })
    await one.start()
    await one.clock.advance(100_000)
    await one.web.setDesired(5)
    await one.clock.advance(50_000)
    expect(one.running()).toBe(5)
    expect(one.web.status().lastDecision?.reason).toContain('scale-in cools down')
    await one.clock.advance(20_000)
    expect(one.running()).toBe(2)
  })

  it('counts against the rates', async () => {
    const behavior = { ...undamped, scaleOut: { rates: [{ count: 3, periodMs: 60_000 }] } }
    const one = rig({ wanted: 1, behavior })
    await one.start()
    await one.clock.advance(100_000)
    await one.web.setDesired(3)
    one.wanted.count = 9
    await one.clock.advance(12_000)
    expect(one.web.status().desired).toBe(4)
  })

  it('is remembered by the scale-in window', async () => {
    const behavior = { ...undamped, scaleIn: { rates: [], windowMs: 120_000 } }
    const one = rig({ wanted: 2, behavior })
    await one.start()
    await one.clock.advance(200_000)
    await one.web.setDesired(6)
    await one.clock.advance(100_000)
    expect(one.running()).toBe(6)
    await one.clock.advance(40_000)
    expect(one.running()).toBe(2)
  })

  it('may be set before the first tick', async () => {
    const one = rig()
    one.wanted.count = undefined
    await one.clock.runUntil(one.web.setDesired(4))
    await one.start()
    await one.clock.advance(1000)
    expect(one.running()).toBe(4)
  })
})

describe('while terminate is paused', () => {
  it('the count does not fall, so that resuming ends nothing by a decision of old', async () => {
    const one = rig({ wanted: 5 })
    await one.start()
    await one.clock.advance(1000)
    await one.web.pause('terminate')
    one.wanted.count = 2
    await one.clock.advance(60_000)
    expect(one.web.status()).toMatchObject({ desired: 5 })
    expect(one.web.status().lastDecision).toMatchObject({
      outcome: 'hold',
      limitedBy: 'paused',
      reason: 'terminate is paused; else 2: wanted: the test wants 2',
    })
    one.wanted.count = 5
    await one.clock.advance(10_000)
    await one.web.resume('terminate')
    await one.clock.advance(60_000)
    expect(one.backend.calls.terminated).toEqual([])
  })

  it('the count still rises, and falls once it is resumed', async () => {
    const one = rig({ wanted: 2 })
    await one.start()
    await one.clock.advance(1000)
    await one.web.pause('terminate')
    one.wanted.count = 4
    await one.clock.advance(10_000)
    expect(one.running()).toBe(4)
    one.wanted.count = 1
    await one.clock.advance(10_000)
    await one.web.resume('terminate')
    await one.clock.advance(20_000)
    expect(one.running()).toBe(1)
  })

  it('a count set by hand is what its setter wants, also a lower one', async () => {
    const one = rig({ wanted: 3 })
    await one.start()
    await one.clock.advance(1000)
    await one.web.pause('terminate', 'scaling')
    await one.web.setDesired(2)
    await one.clock.advance(20_000)
    expect(one.web.status().desired).toBe(2)
    expect(one.running()).toBe(3)
  })
})

describe('while instances warm up', () => {
  it('the count does not fall, and says why', async () => {
    const one = rig({ wanted: 2, warmupMs: 60_000 })
    await one.start()
    await one.clock.advance(70_000)
    one.wanted.count = 4
    await one.clock.advance(10_000)
    one.wanted.count = 1
    await one.clock.advance(40_000)
    expect(one.running()).toBe(4)
    expect(one.web.status().lastDecision).toMatchObject({
      limitedBy: 'rate-limit',
      reason: 'wanted: the test wants 1; scale-in waits while 2 instances warm up',
    })
    await one.clock.advance(30_000)
    expect(one.running()).toBe(1)
  })

  it('the count falls all the same when told so', async () => {
    const behavior = { ...undamped, scaleIn: { ...undamped.scaleIn, whileWarming: 'go' as const } }
    const one = rig({ wanted: 4, warmupMs: 600_000, behavior })
    await one.start()
    await one.clock.advance(1000)
    one.wanted.count = 1
    await one.clock.advance(10_000)
    expect(one.running()).toBe(1)
  })
})
