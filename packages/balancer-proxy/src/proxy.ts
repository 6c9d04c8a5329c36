import { disposable } from '@flotilla/core/authoring'
import { EmbeddedProxy, type Proxy } from './embedded-proxy.js'
import { settingsFrom, type ProxyOptions } from './options.js'

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
