import { describe, expect, it } from 'vitest'
import { customProbe } from '../../src/probes/custom.js'
import type { ProbeResult } from '../../src/probes/probe.js'
import { call, target } from './targets.js'

const here = target({ host: '127.0.0.1', port: 80 })

const answer = (ask: () => unknown): Promise<ProbeResult> =>
  customProbe({ name: 'mine', check: ask as () => boolean }).check(here, call())

describe('customProbe', () => {
  it.each([
    ['true', true],
    ['nothing', undefined],
    ['a healthy result', { healthy: true }],
  ])('takes %s for healthy', async (_, given) => {
    expect(await answer(() => given)).toEqual({ healthy: true })
    expect(await answer(async () => given)).toEqual({ healthy: true })
  })

  it.each([
    ['false', false, 'said no'],
    ['an unhealthy result', { healthy: false, reason: 'queue is stuck' }, 'queue is stuck'],
    ['an unhealthy result without a reason', { healthy: false }, 'said no'],
    ['a text', 'ok', 'answered "ok", which is neither true, false nor a result'],
    ['null', null, 'answered null, which is neither true, false nor a result'],
    ['0', 0, 'answered 0, which is neither true, false nor a result'],
    ['a result that is no boolean', { healthy: 'yes' }, "answered { healthy: 'yes' }, which is neither"],
  ])('takes %s for unhealthy', async (_, given, reason) => {
    expect(await answer(() => given)).toEqual({ healthy: false, reason: expect.stringContaining(reason) })
  })

  it.each([
    ['throws', () => { throw new Error('no route') }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('no route'))],
    [
      'throws a text',
      () => {
        throw 'no route' // oxlint-disable-line only-throw-error
      },
    ], // oxlint-disable-line only-throw-error
  ])('takes a function that %s for unhealthy, with the text as reason', async (_, ask) => {
    expect(await answer(ask)).toEqual({ healthy: false, reason: 'no route' })
  })

  it('hands over the target, and a signal that aborts when time is up', async () => {
    let given: unknown
    let inner: AbortSignal | undefined
    const probe = customProbe({
      name: 'mine',
      check: (asked, { signal }) => {
        given = asked
        inner = signal
        return new Promise(() => {})
      },
      timeoutMs: 20,
    })
    expect(await probe.check(here, call())).toEqual({ healthy: false, reason: 'no answer within 20 ms' })
    expect(given).toBe(here)
    expect(inner?.aborted).toBe(true)
  })

  it('rejects with the reason of the signal when the function never ends', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const checking = customProbe({ name: 'mine', check: () => new Promise(() => {}) }).check(
      here,
      call(abort.signal),
    )
    abort.abort(reason)
    await expect(checking).rejects.toBe(reason)
  })

  it('refuses a name or a function that is none', () => {
    const good = { name: 'mine', check: () => true }
    expect(() => customProbe({ ...good, name: '' })).toThrow(expect.objectContaining({ field: 'name' }))
    expect(() => customProbe({ ...good, check: undefined as never })).toThrow(
      expect.objectContaining({ field: 'check' }),
    )
    expect(() => customProbe({ ...good, timeoutMs: 0 })).toThrow(
      expect.objectContaining({ field: 'timeoutMs' }),
    )
  })
})
