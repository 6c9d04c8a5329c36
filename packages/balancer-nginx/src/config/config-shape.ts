import type { ExtraDirectives } from './directives.js'
import type { Listen } from './listen.js'

/** How new requests are spread over the members. */
export type Algorithm =
  | 'round-robin'
  | 'least-connections'
  | 'ip-hash'
  | { readonly hash: string; readonly consistent?: boolean | undefined }

/** Everything but the members that the configuration depends on. */
export interface ConfigShape {
  readonly upstream: string
  readonly algorithm: Algorithm
  /** Idle connections that each worker keeps to the members, and for how long; undefined keeps none. */
  readonly keepalive: { readonly connectionCount: number; readonly idleMs: number } | undefined
  readonly maxFails: number | undefined
  readonly failTimeoutSeconds: number | undefined
  /** A whole server block; undefined when the user's own one passes to the upstream. */
  readonly server:
    | {
        readonly listen: readonly Listen[]
        readonly serverNames: readonly string[]
        readonly clientKeepAliveMs: number | undefined
      }
    | undefined
  readonly directives: ExtraDirectives
  /** Where requests are logged in our own format; undefined for no log of ours. */
  readonly accessLog: string | undefined
  readonly retryAfterSeconds: number
  /**
   * Where the two servers of our own listen: one answers 503 for an empty group, one tells of Nginx itself, unless nobody
   * asks.
   */
  readonly internal: { readonly unavailable: string; readonly status: string | undefined }
}
