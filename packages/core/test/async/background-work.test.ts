import { describe, expect, it } from 'vitest'
import { BackgroundWork } from '../../src/async/background-work.js'
import { FakeClock } from '../../src/testing/common/fake-clock.js'

describe('BackgroundWork', () => {
  it('waits for what goes on, and heeds no failure', async () => {
    const work = new BackgroundWork({ clock: new FakeClock(), timeoutMs: 1000 })
    let end: (() => void) | undefined
    let isOver = false
    work.add(Promise.reject(new Error('it failed')))
    work.add(new Promise<void>((resolve) => (end = resolve)))
    const settling = work.settle().then(() => (isOver = true))
    await Promise.resolve()
    expect(isOver).toBe(false)
    end?.()
    await settling
  })

  it('waits no longer than its bound', async () => {
    const clock = new FakeClock()
    const work = new BackgroundWork({ clock, timeoutMs: 1000 })
    work.add(new Promise(() => {}))
    let isOver = false
    const settling = work.settle().then(() => (isOver = true))
    await clock.advance(999)
    expect(isOver).toBe(false)
    await clock.advance(1)
    await settling
  })

  it('is settled at once when nothing goes on, and leaves no timer', async () => {
    const clock = new FakeClock()
    await new BackgroundWork({ clock, timeoutMs: 1000 }).settle()
    await Promise.resolve()
    expect(clock.pendingCount).toBe(0)
  })
})
