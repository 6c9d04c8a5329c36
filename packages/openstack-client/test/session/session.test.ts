import { describe, expect, it } from 'vitest'
import { collect } from '../../src/resources/pages.js'
import { type FakeAnswer } from '../fake-cloud/fake-cloud.js'
import { thrownBy } from '../kit/thrown-by.js'

import { fault, limits, never, setUp } from '../kit/failing-calls.js'

describe('a call', () => {
  it('ends with its signal’s own reason, at every stage', async () => {
    for (const path of ['/identity/v3/auth/tokens', '/compute/v2.1/', limits]) {
      const { fake, cloud } = setUp()
      const reason = new Error('enough')
      const stop = new AbortController()
      fake.on(path.startsWith('/identity') ? 'POST' : 'GET', path, () => {
        stop.abort(reason)
        return new Promise<FakeAnswer>(() => {})
      })
      await expect(cloud.compute.limits({ signal: stop.signal })).rejects.toBe(reason)
    }
    await expect(setUp().cloud.compute.limits({ signal: AbortSignal.abort('why') })).rejects.toBe('why')
  })

  it('ends with its signal while it waits for the next try', async () => {
    const { clock, fake, cloud } = setUp()
    await cloud.compute.limits()
    fake.on('GET', limits, { status: 503 })
    const stop = new AbortController()
    const call = cloud.compute.limits({ signal: stop.signal })
    const ended = thrownBy(call)
    await clock.advance(0)
    stop.abort(new Error('enough'))
    expect(await ended).toMatchObject({ message: 'enough' })
    expect(fake.seen(limits)).toHaveLength(2)
  })

  it('ends within its bound when nothing answers at all', async () => {
    for (const path of ['/identity/v3/auth/tokens', '/compute/v2.1/', limits]) {
      const { clock, fake, cloud } = setUp({ timeoutMs: 30_000 })
      fake.on(path.startsWith('/identity') ? 'POST' : 'GET', path, never)
      await expect(clock.run(cloud.compute.limits())).rejects.toMatchObject({
        code: 'timeout',
        retryable: true,
      })
      expect(clock.monotonic()).toBeLessThanOrEqual(30_000)
    }
  })

  it('ends when the client is closed, and none begins after', async () => {
    const { fake, cloud } = setUp()
    await cloud.compute.limits()
    fake.on('GET', limits, never)
    const ended = thrownBy(cloud.compute.limits())
    await cloud.close()
    expect(await ended).toMatchObject({ code: 'closed' })
    await cloud.close()
    await expect(cloud.compute.limits()).rejects.toMatchObject({ code: 'closed' })
    await expect(collect(cloud.compute.servers.list())).rejects.toMatchObject({ code: 'closed' })
  })

  it('leaves no timer behind', async () => {
    const { clock, cloud } = setUp()
    await cloud.compute.limits()
    // Nobody sleeps: there is nothing to move on to.
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow('nobody sleeps')
    expect(clock.slept).toEqual([])
  })

  it('is told of, try by try', async () => {
    const seen: string[] = []
    const { clock, fake, cloud } = setUp({
      onCall: (call: { method: string; path: string; status?: number; tries: number }) =>
        seen.push(`${call.method} ${call.path} ${call.status} ${call.tries}`),
    })
    fake.once('GET', limits, { status: 503 }, fault('ECONNRESET'))
    await clock.run(cloud.compute.limits())
    expect(seen).toEqual([
      'POST /identity/v3/auth/tokens 201 0',
      'GET /compute/v2.1/ 200 0',
      'GET /compute/v2.1/limits 503 0',
      'GET /compute/v2.1/limits undefined 1',
      'GET /compute/v2.1/limits 200 2',
    ])
  })
})
