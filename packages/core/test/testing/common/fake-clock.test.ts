import { describe, expect, it } from 'vitest'
import { FakeClock } from '@flotilla/core/testing'

describe('FakeClock', () => {
  it('stands still until told to advance', async () => {
    const clock = new FakeClock({ now: 5_000 })
    await clock.settle()
    expect([clock.now(), clock.monotonic()]).toEqual([5_000, 0])
    await clock.advance(250)
    expect([clock.now(), clock.monotonic()]).toEqual([5_250, 250])
  })

  it('wakes sleepers in the order of their time, each at its own moment, and those of one moment in turn', async () => {
    const clock = new FakeClock({ now: 0 })
    const woken: string[] = []
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms)
      woken.push(`${name} at ${clock.now()}`)
    }
    void Promise.all([
      sleeper('c', 30),
      sleeper('a', 10),
      sleeper('b1', 20),
      sleeper('b2', 20),
      sleeper('z', 31),
    ])
    await clock.advance(30)
    expect(woken).toEqual(['a at 10', 'b1 at 20', 'b2 at 20', 'c at 30'])
    expect(clock.pendingCount).toBe(1)
  })

  it('runs what a sleeper starts within the same advance, at the time it is due', async () => {
    const clock = new FakeClock({ now: 0 })
    const times: number[] = []
    const loop = async (): Promise<void> => {
      for (let turn = 0; turn < 4; turn += 1) {
        await clock.sleep(100)
        for (let hop = 0; hop < 50; hop += 1) await Promise.resolve()
        times.push(clock.now())
      }
    }
    const looping = loop()
    await clock.advance(1_000)
    await looping
    expect(times).toEqual([100, 200, 300, 400])
    expect(clock.now()).toBe(1_000)
  })

  it.each([
    [0, 0],
    [-5, 0],
    [NaN, 0],
    [0.5, 0.5],
  ])('takes a sleep of %s ms for one of %s', async (ms, takesMs) => {
    const clock = new FakeClock({ now: 0 })
    const sleeping = clock.sleep(ms)
    expect(clock.pendingCount).toBe(1)
    await clock.advance(takesMs)
    await sleeping
    expect(clock.monotonic()).toBe(takesMs)
  })

  it('never wakes one that sleeps for ever', async () => {
    const clock = new FakeClock()
    void clock.sleep(Infinity)
    await clock.advance(1e12)
    expect(clock.pendingCount).toBe(1)
  })

  it("rejects a sleep with the signal's own reason, and forgets the sleeper", async () => {
    const clock = new FakeClock()
    const controller = new AbortController()
    const reason = { is: 'not even an error' }
    const sleeping = clock.sleep(100, { signal: controller.signal })
    controller.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    expect(clock.pendingCount).toBe(0)
    await expect(clock.sleep(100, { signal: controller.signal })).rejects.toBe(reason)
    expect(clock.pendingCount).toBe(0)
  })

  it('does not mind an abort after the sleep', async () => {
    const clock = new FakeClock()
    const controller = new AbortController()
    const sleeping = clock.sleep(10, { signal: controller.signal })
    await clock.advance(10)
    controller.abort()
    await expect(sleeping).resolves.toBeUndefined()
  })

  it('jumps the wall time alone: nobody wakes, and nothing is due earlier or later', async () => {
    const clock = new FakeClock({ now: 10_000 })
    let isAwake = false
    const sleeping = clock.sleep(100).then(() => (isAwake = true))
    clock.jump(3_600_000)
    await clock.settle()
    expect([clock.now(), clock.monotonic(), isAwake]).toEqual([3_610_000, 0, false])
    clock.jump(-3_605_000)
    await clock.advance(100)
    await sleeping
    expect([clock.now(), clock.monotonic()]).toEqual([5_100, 100])
  })

  it('survives a sleeper that advances the clock itself', async () => {
    const clock = new FakeClock({ now: 0 })
    const inner = clock.sleep(10).then(async () => clock.advance(100))
    await clock.advance(20)
    await inner
    expect(clock.now()).toBe(clock.monotonic())
    expect(clock.now()).toBeGreaterThanOrEqual(110)
  })

  it('runs until a promise settles, no further than it must, and gives its value', async () => {
    const clock = new FakeClock({ now: 0 })
    const work = (async () => {
      await clock.sleep(1_234)
      return 'done'
    })()
    expect(await clock.runUntil(work)).toBe('done')
    expect(clock.now()).toBe(1_234)
  })

  it('runs until a promise rejects, and rejects alike', async () => {
    const clock = new FakeClock()
    const failing = clock.sleep(50).then(() => Promise.reject(new Error('it failed')))
    await expect(clock.runUntil(failing)).rejects.toThrow('it failed')
  })

  it('runs until a condition holds', async () => {
    const clock = new FakeClock({ now: 0 })
    await clock.runUntil(() => clock.now() >= 950, { stepMs: 100 })
    expect(clock.now()).toBe(1_000)
  })

  it('gives up after maxMs, and says how many still sleep', async () => {
    const clock = new FakeClock({ now: 0 })
    void clock.sleep(Infinity)
    const waiting = clock.runUntil(() => false, { maxMs: 1_000 })
    await expect(waiting).rejects.toThrow('still waiting after 1000 ms of fake time, 1 sleepers pending')
    expect(clock.now()).toBe(1_000)
  })

  it('gives real work its real time', async () => {
    const clock = new FakeClock()
    const real = new Promise((resolve) => {
      setTimeout(resolve, 15)
    })
    await clock.runUntil(real, { stepMs: 1, maxMs: 10_000 })
    await expect(real).resolves.toBeUndefined()
  })

  it('keeps thousands of sleepers in order', async () => {
    const clock = new FakeClock({ now: 0 })
    const woken: number[] = []
    const dues = Array.from({ length: 2_000 }, (_, index) => (index * 7_919) % 2_003)
    for (const due of dues) void clock.sleep(due).then(() => woken.push(due))
    await clock.advance(2_003)
    expect(woken).toEqual(dues.toSorted((a, b) => a - b))
  })
})
