import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { CallGuard } from '../../src/authoring/call-guard.js'

const forever = (): AbortSignal => new AbortController().signal

describe('CallGuard', () => {
  it('refuses every call after close, which may be called twice', async () => {
    const guard = new CallGuard('docker')
    guard.close()
    guard.close()
    const closed = { code: 'closed', message: 'docker: used after close()' }
    expect(() => guard.begin(forever())).toThrow(expect.objectContaining(closed))
    expect(() => guard.untilClosed(forever())).toThrow(expect.objectContaining(closed))
    await expect(guard.run(forever(), () => 1)).rejects.toMatchObject(closed)
  })

  it("rejects with the signal's own reason, before the work and during it", async () => {
    const guard = new CallGuard('docker')
    const reason = new Error('enough')
    let calls = 0
    await expect(guard.run(AbortSignal.abort(reason), () => (calls += 1))).rejects.toBe(reason)
    expect(calls).toBe(0)
    const abort = new AbortController()
    const call = guard.run(abort.signal, () => new Promise(() => {}))
    abort.abort(reason)
    await expect(call).rejects.toBe(reason)
  })

  it("gives the work a signal of its own that aborts as the caller's does", async () => {
    const guard = new CallGuard('docker')
    const abort = new AbortController()
    const seen: AbortSignal[] = []
    await guard.run(abort.signal, (signal) => seen.push(signal))
    expect(seen[0]).not.toBe(abort.signal)
    abort.abort()
    expect(seen[0]?.aborted).toBe(true)
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])
  })

  it('ends watches and background work at close, and lets calls under way go on', async () => {
    const guard = new CallGuard('docker')
    const watch = guard.untilClosed(forever())
    let end: ((value: string) => void) | undefined
    const call = guard.run(forever(), () => new Promise<string>((resolve) => (end = resolve)))
    guard.close()
    expect(watch.aborted).toBe(true)
    expect(guard.closing.reason).toMatchObject({ code: 'closed', message: 'docker was closed' })
    end?.('done')
    expect(await call).toBe('done')
  })
})
