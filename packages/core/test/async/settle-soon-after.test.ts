import { describe, expect, it } from 'vitest'
import { settleSoonAfter } from '../../src/async/settle-soon-after.js'
import { FakeClock } from '../../src/testing/common/fake-clock.js'

const forever = (): AbortSignal => new AbortController().signal

describe('settling soon after an abort', () => {
  it('gives what the work gives while nobody aborts', async () => {
    const clock = new FakeClock()
    expect(await settleSoonAfter(Promise.resolve(7), forever(), { clock, ms: 10 })).toBe(7)
    await expect(
      settleSoonAfter(Promise.reject(new Error('no')), forever(), { clock, ms: 10 }),
    ).rejects.toThrow('no')
    expect(clock.pendingCount).toBe(0)
  })

  it('gives work its time, then answers with the reason, and leaves no timer', async () => {
    const clock = new FakeClock()
    const controller = new AbortController()
    const never = new Promise<never>(() => {})
    const settled = settleSoonAfter(never, controller.signal, { clock, ms: 10 }).catch(
      (error: unknown) => error,
    )
    await clock.advance(1000)
    controller.abort(new Error('enough'))
    await clock.advance(9)
    expect(clock.pendingCount).toBe(1)
    await clock.advance(1)
    expect(await settled).toMatchObject({ message: 'enough' })
    expect(clock.pendingCount).toBe(0)
  })

  it('answers with the reason when the work fails on the way out', async () => {
    const clock = new FakeClock()
    const controller = new AbortController()
    let fail: ((error: Error) => void) | undefined
    const work = new Promise<never>((_, reject) => {
      fail = reject
    })
    const settled = settleSoonAfter(work, controller.signal, { clock, ms: 10 }).catch(
      (error: unknown) => error,
    )
    controller.abort(new Error('enough'))
    fail?.(new Error('cleaned up'))
    expect(await settled).toMatchObject({ message: 'enough' })
  })
})
