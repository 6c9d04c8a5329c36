import { testMetrics } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { redisListLength } from '../../redis-list.js'
import { startRedis } from './redis-server.js'

// #region kit
testMetrics({ describe, it }, 'redisListLength', {
  make: async () => {
    const redis = await startRedis()
    await redis.client.rPush('jobs', ['a', 'b', 'c'])
    return {
      metrics: redisListLength({ url: redis.url, key: 'jobs' }),
      known: { 'queue.length': 3 },
      failAll: redis.stop,
      hang: redis.freeze,
      cleanup: redis.stop,
    }
  },
})
// #endregion
