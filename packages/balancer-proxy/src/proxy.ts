import { disposable } from '@flotilla/core/authoring'
import type { Address, LoadBalancer, Metrics } from '@flotilla/core'
import { EmbeddedProxy } from './embedded-proxy.js'
import { settingsFrom, type ProxyOptions } from './options.js'

/** A load balancer in this process, which is also a source of metrics: the same object is given as both. */
export interface Proxy extends LoadBalancer, Metrics {
  readonly name: string
  /** Where clients connect; undefined until it listens. */
  readonly address: Address | undefined
  /**
   * Listens now rather than at the first `sync`. Until there are members, requests get 503. May be called again.
   *
   * @throws FlotillaError `conflict` when the port is taken, `permission-denied` or `unavailable` when it cannot be had,
   * `closed` after `close()`
   */
  listen(): Promise<Address>
  /**
   * Takes no more connections, lets requests in flight end within `drainTimeoutMs`, then breaks off what is left.
   * Never rejects.
   */
  close(): Promise<void>
}

/**
 * An HTTP reverse proxy in this process, with its measurements.
 *
 * It listens at the first `sync`, or at `listen()`. `sync` rejects with `invalid-options` when a member will not do, with
 * the error of `listen()` when it cannot listen, and with `closed` after `close()`.
 *
 * @throws FlotillaError `invalid-options`
 *
 * @example
 * ```ts
 * import { proxy } from '@flotilla/balancer-proxy'
 *
 * const front = proxy({ port: 8080 })
 * // Before a group starts: a port that another program has is told now.
 * await front.listen()
 * ```
 */
export function proxy(options: ProxyOptions): Proxy & AsyncDisposable {
  return disposable(new EmbeddedProxy(settingsFrom(options)))
}
