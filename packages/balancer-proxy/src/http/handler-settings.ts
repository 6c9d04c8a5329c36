import type { ClientConnections } from '../clients/client-connections.js'
import type { Router } from '../members/router.js'
import type { RareWarnings } from '../rare-warnings.js'
import type { Traffic } from '../traffic/traffic.js'
import type { ForwardedMode } from './heads/prepare-request.js'

/** What the handling of requests and of upgrades have in common. */
export interface HandlerSettings {
  readonly router: Router
  readonly traffic: Traffic
  readonly connections: ClientConnections
  readonly warnings: RareWarnings
  readonly forwarded: ForwardedMode
  /** Longest time in which nothing moves before a member answers; 0 for no bound. */
  readonly responseTimeoutMs: number
  readonly retryAfterSeconds: number
  readonly clientKeepAliveMs: number
  /** True while the proxy closes: clients are told not to come back on their connection. */
  readonly isClosing: () => boolean
}
