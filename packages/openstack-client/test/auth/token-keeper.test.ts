import { describe, expect, it } from 'vitest'
import { TokenKeeper } from '../../src/auth/token-keeper.js'
import type { Token } from '../../src/auth/token.js'
import { OpenStackError } from '../../src/openstack-error.js'
import { Secret } from '../../src/secrets/secret.js'
import { FakeClock } from '../kit/fake-clock.js'
import { FakeCloud, recorded } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'

const hourMs = 3_600_000

function keeper(lifetimeMs: number = hourMs) {
  const clock = new FakeClock()
  let count = 0
  let fault: Error | undefined
  const authenticate = async (): Promise<Token> => {
    count += 1
    const value = new Secret(`token-${count}`)
    await Promise.resolve()
    if (fault !== undefined) throw fault
    const facts = { projectId: 'p', projectName: 'lab', userId: 'u', userName: 'n', roles: [] }
    // Keystone's clock is years away from ours: only the distance of its two times counts.
    return { value, facts: { ...facts, expiresAt: 12_345, lifetimeMs }, catalog: [] }
  }
  return {
    clock,
    tokens: new TokenKeeper(authenticate, clock),
    count: () => count,
    fail: (error: Error | undefined) => {
      fault = error
    },
  }
}

describe('a token', () => {
  it('is kept for all calls', async () => {
    const { tokens, clock, count } = keeper()
    const first = await tokens.get()
    await clock.advance(hourMs - 200_000)
    expect(await tokens.get()).toBe(first)
    expect(count()).toBe(1)
  })

  it('is fetched once for many calls that wait', async () => {
    const { tokens, count } = keeper()
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.get()))
    expect(new Set(all).size).toBe(1)
    expect(count()).toBe(1)
  })

  it('is renewed before its end, while the old one serves', async () => {
    const { tokens, clock, count } = keeper()
    const first = await tokens.get()
    await clock.advance(hourMs - 119_000)
    expect(await tokens.get()).toBe(first)
    await clock.advance(0)
    expect(count()).toBe(2)
    const second = await tokens.get()
    expect(second).not.toBe(first)
    expect(count()).toBe(2)
  })

  it('of a short life is renewed in its last fifth', async () => {
    const { tokens, clock, count } = keeper(100_000)
    await tokens.get()
    await clock.advance(79_000)
    await tokens.get()
    await clock.advance(0)
    expect(count()).toBe(1)
    await clock.advance(2000)
    await tokens.get()
    await clock.advance(0)
    expect(count()).toBe(2)
  })

  it('that has ended is never given', async () => {
    const { tokens, clock, count } = keeper()
    const first = await tokens.get()
    await clock.advance(hourMs)
    expect(await tokens.get()).not.toBe(first)
    expect(count()).toBe(2)
  })

  it('goes on serving while Keystone is down, which is asked now and then', async () => {
    const { tokens, clock, count, fail } = keeper()
    const first = await tokens.get()
    await clock.advance(hourMs - 100_000)
    fail(new Error('keystone is down'))
    for (let second = 0; second < 60; second += 1) {
      expect(await tokens.get()).toBe(first)
      await clock.advance(1000)
    }
    expect(count()).toBeGreaterThan(2)
    expect(count()).toBeLessThan(9)
    await clock.advance(60_000)
    await expect(tokens.get()).rejects.toThrow('keystone is down')
    fail(undefined)
    expect(await tokens.get()).not.toBe(first)
  })

  it('that is refused is fetched anew, once for all who were refused', async () => {
    const { tokens, count } = keeper()
    const first = await tokens.get()
    const calls = Array.from({ length: 20 }, async () => {
      tokens.reject(first)
      return tokens.get()
    })
    const renewed = new Set(await Promise.all(calls))
    expect(renewed.size).toBe(1)
    // One who comes late with the old one does no harm to the new.
    tokens.reject(first)
    expect(await tokens.get()).toBe([...renewed][0])
    expect(count()).toBe(2)
  })

  it('is not asked for at every call when Keystone refuses us: some clouds lock a user out', async () => {
    const { tokens, clock, count, fail } = keeper()
    fail(new OpenStackError('unauthorized', 'wrong password'))
    for (let second = 0; second < 30; second += 1) {
      await expect(tokens.get()).rejects.toThrow('wrong password')
      await clock.advance(1000)
    }
    expect(count()).toBe(3)
    fail(undefined)
    await clock.advance(10_000)
    expect((await tokens.get()).value.reveal()).toBe('token-4')
  })

  it('is still fetched for the others when one caller gives up', async () => {
    const { tokens, count } = keeper()
    const one = new AbortController()
    const waiting = tokens.get(one.signal)
    const other = tokens.get()
    one.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect((await other).value.reveal()).toBe('token-1')
    await expect(tokens.get(AbortSignal.abort(new Error('late')))).rejects.toThrow('late')
    expect(count()).toBe(1)
  })
})

describe('a call', () => {
  const limits = '/compute/v2.1/limits'

  it('is made again with a new token after a 401, whatever its method', async () => {
    const fake = new FakeCloud()
      .replay('POST', '/compute/v2.1/servers', 'server-create-202')
      .replay('GET', limits, 'limits')
    const { cloud } = open(fake)
    await cloud.compute.limits()
    // Revoked.
    fake.tokens.clear()
    const { id } = await cloud.compute.servers.create({ name: 'a', flavorId: '1' })
    expect(id).toMatch(/^fcd843b7/)
    expect(fake.seen('/identity/v3/auth/tokens')).toHaveLength(2)
    expect(fake.seen('/compute/v2.1/servers').map(({ headers }) => headers.get('x-auth-token'))).toHaveLength(
      2,
    )
  })

  it('is made again once only: a service that goes on refusing is believed', async () => {
    const fake = new FakeCloud().replay('GET', limits, 'nova-expired-token-401')
    await expect(open(fake).cloud.compute.limits()).rejects.toMatchObject({
      code: 'unauthorized',
      service: 'compute',
    })
    expect(fake.seen(limits)).toHaveLength(2)
    expect(fake.seen('/identity/v3/auth/tokens')).toHaveLength(2)
  })

  it('of many that are refused at once leads to one new token', async () => {
    const fake = new FakeCloud().replay('GET', limits, 'limits')
    const { cloud } = open(fake)
    await cloud.compute.limits()
    fake.tokens.clear()
    await Promise.all(Array.from({ length: 30 }, () => cloud.compute.limits()))
    expect(fake.seen('/identity/v3/auth/tokens')).toHaveLength(2)
  })

  it('gets its token in time when the clocks of cloud and client are years apart', async () => {
    const fake = new FakeCloud().replay('GET', limits, 'limits')
    fake.now = () => Date.parse('2031-01-01T00:00:00Z')
    const { cloud } = open(fake)
    await cloud.compute.limits()
    fake.now = () => Date.parse('2001-01-01T00:00:00Z')
    const other = open(fake).cloud
    await other.compute.limits()
    await other.compute.limits()
    await cloud.compute.limits()
    expect(fake.seen('/identity/v3/auth/tokens')).toHaveLength(2)
  })

  it('says that Keystone refused when the credentials have ended meanwhile', async () => {
    const fake = new FakeCloud().replay('GET', limits, 'limits')
    const { cloud } = open(fake)
    await cloud.compute.limits()
    fake.tokens.clear()
    fake.on('POST', '/identity/v3/auth/tokens', recorded('auth-appcred-expired-401'))
    await expect(cloud.compute.limits()).rejects.toMatchObject({ code: 'unauthorized', service: 'identity' })
  })
})
