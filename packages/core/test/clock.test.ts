import { describe, expect, it } from 'vitest'
import { systemClock } from '../src/index.js'

describe('the clock of the host', () => {
  it('sleeps at least as long as asked, give or take the timer', async () => {
    const startMs = systemClock.monotonic()
    await systemClock.sleep(20)
    expect(systemClock.monotonic() - startMs).toBeGreaterThan(18)
  })

  it('rejects with the reason of its signal, before and during a sleep', async () => {
    const reason = new Error('enough')
    await expect(systemClock.sleep(60_000, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const abort = new AbortController()
    const sleeping = systemClock.sleep(60_000, { signal: abort.signal })
    abort.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
  })

  it('takes no heed of a signal that aborts after the sleep', async () => {
    const abort = new AbortController()
    await expect(
      systemClock.sleep(1, { signal: abort.signal }).finally(() => abort.abort()),
    ).resolves.toBeUndefined()
  })
})
