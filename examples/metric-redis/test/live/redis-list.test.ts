import { Autoscaler, backlog, FlotillaError, type Metrics } from '@flotilla/core'
import { fakeBackend, FakeClock } from '@flotilla/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { redisListLength } from '../../redis-list.js'
import { startRedis } from './redis-server.js'

describe('redisListLength', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>
  let metrics: Metrics

  beforeEach(async () => {
    redis = await startRedis()
    metrics = redisListLength({ url: redis.url, key: 'jobs', timeoutMs: 500 })
  })

  afterEach(async () => {
    await metrics.close?.()
    await redis.stop()
  })

  const sample = () =>
    metrics.sample({ group: 'workers', instances: [], now: Date.now(), signal: new AbortController().signal })

  it('reads a list that is not there as an empty one', async () => {
    expect(await sample()).toMatchObject([{ kind: 'value', name: 'queue.length', unit: 'count', value: 0 }])
  })

  it('says so when the key is no list', async () => {
    await redis.client.set('jobs', 'a text')
    await expect(sample()).rejects.toMatchObject({ code: 'invalid-reading' })
  })

  it('is unavailable while the server is away, and says so soon', async () => {
    await sample()
    await redis.stop()
    const error = await sample().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(FlotillaError)
    expect(error).toMatchObject({ code: 'unavailable' })
  })

  it('shows no password', async () => {
    const wrong = redisListLength({
      url: redis.url.replace('//', '//user:hunter2@'),
      key: 'jobs',
      timeoutMs: 500,
    })
    const error = await wrong
      .sample({ group: 'workers', instances: [], now: 0, signal: new AbortController().signal })
      .catch((thrown: unknown) => thrown)
    await wrong.close?.()
    expect(error).toMatchObject({ code: 'permission-denied' })
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })

  it('refuses an address of something else', () => {
    expect(() => redisListLength({ url: 'http://localhost', key: 'jobs' })).toThrow(
      'redisListLength: url must be an address',
    )
  })

  // #region group
  it('sizes a group of workers by the jobs that wait', async () => {
    await redis.client.rPush(
      'jobs',
      Array.from({ length: 35 }, (_, index) => `job ${index}`),
    )
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const policy = backlog({ metric: 'queue.length', perInstance: 10 })
    const workers = new Autoscaler({
      group: 'workers',
      min: 0,
      max: 10,
      backend,
      clock,
      policy,
      metrics: [metrics],
    })
    await workers.tick()
    expect(workers.status().desired).toBe(4)
    await workers.stop()
  })
  // #endregion
})
