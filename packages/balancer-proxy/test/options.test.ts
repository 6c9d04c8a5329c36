import { expect, it } from 'vitest'
import { proxy, type ProxyOptions } from '../src/index.js'

it.each<[string, object]>([
  ['port', {}],
  ['port', { port: '80' }],
  ['port', { port: -1 }],
  ['port', { port: 65_536 }],
  ['port', { port: Number.NaN }],
  ['host', { port: 0, host: '' }],
  ['name', { port: 0, name: 7 }],
  ['algorithm', { port: 0, algorithm: 'random' }],
  ['drainTimeoutMs', { port: 0, drainTimeoutMs: -1 }],
  ['connectTimeoutMs', { port: 0, connectTimeoutMs: 0 }],
  ['responseTimeoutMs', { port: 0, responseTimeoutMs: Infinity }],
  ['keepAliveMs', { port: 0, keepAliveMs: Number.NaN }],
  ['clientKeepAliveMs', { port: 0, clientKeepAliveMs: 2 ** 31 }],
  ['headTimeoutMs', { port: 0, headTimeoutMs: 0 }],
  ['clientTimeoutMs', { port: 0, clientTimeoutMs: 0 }],
  ['maxConnections', { port: 0, maxConnections: 0 }],
  ['maxConnectionsPerClient', { port: 0, maxConnectionsPerClient: 1.5 }],
  ['logger', { port: 0, logger: () => {} }],
  ['maxInFlightPerMember', { port: 0, maxInFlightPerMember: 0 }],
  ['queue', { port: 0, queue: 5 }],
  ['queue.max', { port: 0, queue: { max: 1.5, timeoutMs: 10 } }],
  ['queue.timeoutMs', { port: 0, queue: { max: 1 } }],
  ['retryAfterSeconds', { port: 0, retryAfterSeconds: 0.5 }],
  ['forwarded', { port: 0, forwarded: true }],
  ['windowMs', { port: 0, windowMs: 999 }],
  ['whenMissing.kind', { port: 0, whenMissing: { kind: 'ignore' } }],
  ['clock', { port: 0, clock: Date }],
  ['prot', { port: 0, prot: 80 }],
])('refuses a bad %s: %j', (field, options) => {
  expect(() => proxy(options as ProxyOptions)).toThrowError(
    expect.objectContaining({
      code: 'invalid-options',
      field,
      message: expect.stringContaining(`proxy: ${field} must`),
    }),
  )
})

it('takes undefined for an option that is left out', () => {
  const options = { port: 0, host: undefined, queue: undefined, clock: undefined, algorithm: undefined }
  expect(proxy(options).name).toBe('proxy')
})
