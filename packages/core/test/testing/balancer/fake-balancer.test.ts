import { describe, expect, it } from 'vitest'
import { FlotillaError, type BalancerMember } from '@flotilla/core'
import { fakeBalancer, FakeClock, once } from '@flotilla/core/testing'

const options = { signal: new AbortController().signal }
const member = (id: string): BalancerMember => ({ id, host: '127.0.0.1', port: 8080 })
const nothing = { drained: [], cut: [], readmitted: [] }

describe('fakeBalancer', () => {
  it('drains by its clock, and cuts off when the bound passes', async () => {
    const clock = new FakeClock()
    const balancer = fakeBalancer({ clock, drainMs: 10_000 })
    await balancer.sync([member('a'), member('b')], options)
    const held = balancer.hold('a')
    const syncing = balancer.sync([member('b')], options)
    await clock.advance(9_999)
    expect([balancer.isDraining('a'), balancer.inFlightCount('a')]).toEqual([true, 1])
    await clock.advance(1)
    expect(await syncing).toEqual({ ...nothing, cut: ['a'] })
    expect(await held.answer).toEqual({ status: 0, memberId: 'a' })
    expect([balancer.isDraining('a'), clock.pendingCount]).toEqual([false, 0])
  })

  it('ends a drain with the last request', async () => {
    const clock = new FakeClock()
    const balancer = fakeBalancer({ clock })
    await balancer.sync([member('a')], options)
    const [first] = [balancer.hold('a'), balancer.hold('a')]
    const syncing = balancer.sync([], options)
    await clock.settle()
    first?.release()
    await clock.settle()
    expect(balancer.isDraining('a')).toBe(true)
    balancer.release('a')
    expect(await syncing).toEqual({ ...nothing, drained: ['a'] })
    expect(clock.pendingCount).toBe(0)
  })

  it('keeps what it was given, refused sets too', async () => {
    const balancer = fakeBalancer()
    await balancer.sync([member('a')], options)
    await expect(balancer.sync([{ ...member('b'), port: 0 }], options)).rejects.toMatchObject({
      code: 'invalid-options',
      message: 'sync: 0.port must be a whole number from 1 to 65535, got 0',
    })
    expect(balancer.syncs.map((set) => set.map(({ id }) => id))).toEqual([['a'], ['b']])
    expect(balancer.members).toEqual([member('a')])
  })

  it('fails, throws, is slow and stalls when told', async () => {
    const clock = new FakeClock()
    const balancer = fakeBalancer({ clock, timeoutMs: 5_000 })
    const error = new FlotillaError('unavailable', 'reload failed')
    balancer.faults.sync = once({ kind: 'fail', error })
    await expect(balancer.sync([], options)).rejects.toBe(error)
    balancer.faults.sync = once({ kind: 'throw', value: undefined })
    await expect(balancer.sync([], options)).rejects.toBeUndefined()
    balancer.faults.sync = once({ kind: 'slow', ms: 700 })
    await clock.runUntil(balancer.sync([member('a')], options))
    expect(clock.monotonic()).toBe(700)
    balancer.faults.sync = once({ kind: 'stall' })
    await expect(clock.runUntil(balancer.sync([], options))).rejects.toMatchObject({ code: 'timeout' })
    expect(balancer.members).toEqual([member('a')])
  })

  it('hangs for ever when told, ignores its signal, and goes on with the next', async () => {
    const clock = new FakeClock()
    const balancer = fakeBalancer({ clock })
    balancer.faults.sync = once({ kind: 'hang' })
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    const controller = new AbortController()
    balancer.sync([member('a')], { signal: controller.signal }).then(settled, settled)
    controller.abort()
    await balancer.sync([member('b')], options)
    await clock.advance(1e9)
    expect(isSettled).toBe(false)
    expect(balancer.members).toEqual([member('b')])
  })

  it('rejects an update that waits for its turn as soon as its signal aborts', async () => {
    const clock = new FakeClock()
    const balancer = fakeBalancer({ clock })
    balancer.faults.sync = once({ kind: 'stall' })
    const first = balancer.sync([member('a')], options)
    const controller = new AbortController()
    const second = balancer.sync([member('b')], { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(second).rejects.toBe(reason)
    await expect(clock.runUntil(first)).rejects.toMatchObject({ code: 'timeout' })
  })

  it('shares requests by weight, and takes none after close', async () => {
    const balancer = fakeBalancer()
    await balancer.sync([member('a'), { ...member('b'), weight: 3 }], options)
    const ids = Array.from({ length: 40 }, () => balancer.request().memberId)
    expect(ids.filter((id) => id === 'b')).toHaveLength(30)
    await balancer.close()
    expect(balancer.request()).toEqual({ status: 503, retryAfter: '1' })
    expect(() => balancer.hold()).toThrow('no member takes a request')
    await expect(balancer.sync([], options)).rejects.toMatchObject({ code: 'closed' })
  })

  it('gives a newcomer its share, and not every request', async () => {
    const balancer = fakeBalancer()
    await balancer.sync([member('a')], options)
    for (let sent = 0; sent < 100; sent += 1) balancer.request()
    await balancer.sync([member('a'), member('b')], options)
    const ids = Array.from({ length: 10 }, () => balancer.request().memberId)
    expect(ids.filter((id) => id === 'b')).toHaveLength(5)
  })
})
