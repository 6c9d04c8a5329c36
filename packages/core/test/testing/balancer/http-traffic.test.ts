import { describe, expect, it } from 'vitest'
import { FlotillaError } from '@flotilla/core'
import { httpTraffic, once, testLoadBalancer, type BalancerUnderTest } from '@flotilla/core/testing'
import { startTinyProxy } from './tiny-proxy.js'

const drainMs = 1_000

async function make(): Promise<BalancerUnderTest> {
  const proxy = await startTinyProxy(drainMs)
  const traffic = httpTraffic({ url: () => proxy.url })
  return {
    balancer: proxy.balancer,
    ...traffic,
    updateCount: () => proxy.balancer.updateCount,
    failNextUpdate: () => {
      proxy.balancer.faults.sync = once({
        kind: 'fail',
        error: new FlotillaError('unavailable', 'no reload'),
      })
    },
    cleanup: async () => {
      await proxy.close()
      await traffic.cleanup()
    },
  }
}

testLoadBalancer({ describe, it }, 'a tiny proxy', { make, drainMs })

describe('httpTraffic', () => {
  it('says so when the balancer answers a request that was to be held', async () => {
    const under = await make()
    await expect(under.hold()).rejects.toThrow('the balancer answered 503 before any member had the request')
    await under.cleanup()
  })

  it('gives status 0 for a connection that breaks', async () => {
    const under = await make()
    const member = await under.startMember()
    await under.balancer.sync([member], { signal: new AbortController().signal })
    const held = await under.hold()
    await under.cleanup()
    expect(await held.answer).toEqual({ status: 0 })
    expect(await under.request()).toEqual({ status: 0 })
  })
})
