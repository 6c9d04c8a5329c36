import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { delayBeforeRetry, type RetryContext } from '../../src/http/retry.js'
import { OpenStackError } from '../../src/openstack-error.js'
import { FakeClock } from '../kit/fake-clock.js'
import { recorded } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'

import { fault, limits, never, servers, setUp } from '../kit/failing-calls.js'

describe('a read', () => {
  it.each([
    ['500', { status: 500 }],
    ['502', { status: 502 }],
    ['503', { status: 503 }],
    ['504', { status: 504 }],
    ['429', { status: 429 }],
    ['a cut connection', fault('ECONNRESET')],
    ['a connection that was closed', fault('UND_ERR_SOCKET')],
    ['nobody there', fault('ECONNREFUSED')],
    ['no such host', fault('ENOTFOUND')],
  ])('is tried again after %s', async (_, failure) => {
    const { clock, fake, cloud } = setUp()
    fake.once('GET', limits, failure, failure)
    expect((await clock.run(cloud.compute.limits())).instances.limit).toBe(2000)
    expect(fake.seen(limits)).toHaveLength(3)
  })

  it('is tried again when a try takes too long', async () => {
    const { clock, fake, cloud } = setUp()
    fake.once('GET', limits, never)
    await clock.run(cloud.compute.limits())
    expect(fake.seen(limits)).toHaveLength(2)
    expect(clock.slept).toContain(60_000)
    expect(fake.seen(limits)[0]?.signal?.aborted).toBe(true)
  })

  it('is given up after the last try, with what was said then', async () => {
    const { clock, fake, cloud } = setUp({ retries: { count: 2 } })
    fake.on('GET', limits, { status: 503, body: 'No server is available' })
    const error: unknown = await clock.run(cloud.compute.limits()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable', status: 503, retryable: true, maybeDone: false })
    expect(String(error)).toContain('No server is available')
    expect(fake.seen(limits)).toHaveLength(3)
  })

  it('waits up to twice as long each time', async () => {
    const { clock, fake, cloud } = setUp({ retries: { count: 5, delayMs: 1000, maxDelayMs: 6000 } })
    await cloud.compute.limits()
    fake.on('GET', limits, { status: 503 })
    await clock.run(cloud.compute.limits()).catch(() => {})
    expect(clock.slept.map((ms) => Math.round(ms / 100) / 10)).toEqual([1, 2, 4, 6, 6])
  })

  it('waits as long as the service asks, and a little more', async () => {
    const { clock, fake, cloud } = setUp({ random: () => 0.5, retries: { delayMs: 100 } })
    await cloud.compute.limits()
    fake.once('GET', limits, { status: 429, headers: { 'retry-after': '7' } })
    await clock.run(cloud.compute.limits())
    expect(clock.slept).toEqual([7050])
  })

  it('is not kept waiting past its bound, nor for an hour because the service says so', async () => {
    const { clock, fake, cloud } = setUp({ timeoutMs: 5000 })
    fake.on('GET', limits, { status: 429, headers: { 'retry-after': '10' } })
    await expect(clock.run(cloud.compute.limits())).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 10_000,
    })
    fake.on('GET', limits, { status: 429, headers: { 'retry-after': '3600' } })
    await expect(clock.run(cloud.compute.limits({ timeoutMs: 10_000_000 }))).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 3_600_000,
    })
    expect(fake.seen(limits)).toHaveLength(2)
  })

  it('is not tried again after what another try will not mend', async () => {
    for (const name of [
      'err-policy-403',
      'quota-instances-403',
      'server-get-404',
      'err-bad-flavor-400',
      'server-delete-locked-409',
    ]) {
      const { fake, cloud } = setUp()
      fake.replay('GET', limits, name)
      await expect(cloud.compute.limits()).rejects.toBeInstanceOf(OpenStackError)
      expect(fake.seen(limits)).toHaveLength(1)
    }
  })

  it('is not tried again when the certificate is wrong', async () => {
    const { fake, cloud } = setUp()
    fake.on('GET', limits, fault('SELF_SIGNED_CERT_IN_CHAIN'))
    await expect(cloud.compute.limits()).rejects.toMatchObject({
      code: 'unavailable',
      retryable: false,
      message: expect.stringContaining('TLS: look at the CA file'),
    })
    expect(fake.seen(limits)).toHaveLength(1)
  })
})

describe('a call that changes something', () => {
  it.each([
    ['500', { status: 500 }],
    ['502', { status: 502 }],
    ['503', { status: 503, headers: { 'retry-after': '1' } }],
    ['504', { status: 504 }],
    ['a cut connection', fault('ECONNRESET')],
    ['a connection that was closed', fault('UND_ERR_SOCKET')],
  ])('is not sent twice after %s, and it is said that it may have been done', async (_, failure) => {
    const { clock, fake, create } = setUp()
    fake.once('POST', servers, failure)
    await expect(clock.run(create())).rejects.toMatchObject({
      code: 'unavailable',
      maybeDone: true,
      retryable: true,
    })
    expect(fake.seen(servers)).toHaveLength(1)
  })

  it('is not sent twice when no answer comes in time', async () => {
    const { clock, fake, create } = setUp()
    fake.once('POST', servers, never)
    await expect(clock.run(create())).rejects.toMatchObject({ code: 'timeout', maybeDone: true })
    expect(fake.seen(servers)).toHaveLength(1)
  })

  it.each([
    ['nobody is there', fault('ECONNREFUSED')],
    ['the host has no address', fault('EAI_AGAIN')],
    ['it is told to wait', { status: 429 }],
    ['it is told to wait, as old Nova does', { status: 413, headers: { 'retry-after': '1' } }],
  ])('is sent again when %s: it was not done', async (_, failure) => {
    const { clock, fake, create } = setUp()
    fake.once('POST', servers, failure)
    expect(await clock.run(create())).toMatchObject({ id: expect.stringMatching(/^fcd8/) })
    expect(fake.seen(servers)).toHaveLength(2)
  })

  it('is refused for its size, and not sent again', async () => {
    const { fake, create } = setUp()
    fake.on('POST', servers, recorded('err-body-413'))
    await expect(create()).rejects.toMatchObject({ code: 'too-large', maybeDone: false })
    expect(fake.seen(servers)).toHaveLength(1)
  })

  it('of Octavia is sent again while the load balancer is busy', async () => {
    const { clock, fake, cloud } = setUp()
    const body = { faultcode: 'Client', faultstring: 'Load Balancer lb1 is immutable and cannot be updated.' }
    const path = '/lb/v2/lbaas/pools/p1/members'
    const withBalancer = open(fake, {
      clock,
      endpoints: { 'load-balancer': 'http://cloud.test/lb/v2' },
    }).cloud
    fake.on('PUT', path, { status: 202 }).once('PUT', path, { status: 409, body }, { status: 409, body })
    await clock.run(withBalancer.loadBalancer.members('p1').replaceAll([]))
    expect(fake.seen(path)).toHaveLength(3)
    await cloud.close()
  })
})

describe('the wait before another try', () => {
  it('is never longer than the rules, the bound or a Retry-After allow', () => {
    const cases = {
      tries: fc.nat(10),
      random: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      retryAfterMs: fc.option(fc.nat(100_000), { nil: undefined }),
      leftMs: fc.nat(200_000),
    }
    fc.assert(
      fc.property(fc.record(cases), ({ tries, random, retryAfterMs, leftMs }) => {
        const rules = { count: 6, delayMs: 500, maxDelayMs: 30_000 }
        const clock = new FakeClock()
        const context: RetryContext = {
          clock,
          random: () => random,
          rules,
          endsAt: leftMs,
          repeatable: false,
        }
        const error = new OpenStackError('rate-limited', 'slow down', {
          status: 429,
          retryable: true,
          retryAfterMs,
        })
        const waitMs = delayBeforeRetry(error, tries, context)
        if (waitMs === undefined) return
        expect(tries).toBeLessThan(rules.count)
        expect(waitMs).toBeLessThan(leftMs)
        expect(waitMs).toBeGreaterThanOrEqual(retryAfterMs ?? 0)
        expect(waitMs).toBeLessThanOrEqual((retryAfterMs ?? 0) + rules.maxDelayMs)
      }),
    )
  })
})
