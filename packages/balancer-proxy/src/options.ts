import { systemClock, warningsToConsole, type Clock, type Logger, type MissingRule } from '@flotilla/core'
import { check, checkOptions, missingRule } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { ForwardedMode } from './http/heads/prepare-request.js'
import { connectionsWithin, readDescriptorLimit } from './clients/descriptor-limit.js'
import type { Algorithm } from './members/algorithm.js'

/** Options of `proxy()`. */
export interface ProxyOptions {
  /** Port that clients connect to; 0 for any free one, which `listen()` then tells. */
  readonly port: number
  /** Host name or address to listen on; default `127.0.0.1`, this machine only. `0.0.0.0` or `::` for everyone. */
  readonly host?: string | undefined
  /** Name in events and errors; default `proxy`. */
  readonly name?: string | undefined
  /**
   * `round-robin` (default) gives each member its share of requests; `least-connections` gives the next request to the
   * one with the fewest in flight. Both heed weights.
   */
  readonly algorithm?: Algorithm | undefined
  /** How long requests in flight to a removed member, or at `close()`, may go on, milliseconds; default 30,000. */
  readonly drainTimeoutMs?: number | undefined
  /** How long a member may take to accept a connection, milliseconds; default 3,000. */
  readonly connectTimeoutMs?: number | undefined
  /**
   * How long nothing may move on a request that has no answer yet, milliseconds; default 60,000, 0 for no bound. An
   * answer that has begun may pause for as long as it likes.
   */
  readonly responseTimeoutMs?: number | undefined
  /** Connections to members are closed when unused for this long, milliseconds; default 1,500, 0 keeps none. */
  readonly keepAliveMs?: number | undefined
  /** Clients' connections are closed when unused for this long, milliseconds; default 75,000. */
  readonly clientKeepAliveMs?: number | undefined
  /** How long a client may take until the whole head of a request is there, milliseconds; default 30,000. */
  readonly headTimeoutMs?: number | undefined
  /**
   * How long at most a client may take nothing of its answer, or send nothing of a body that its member already answers,
   * milliseconds; default 60,000. It may be cut off after half of that.
   */
  readonly clientTimeoutMs?: number | undefined
  /**
   * Connections that clients may have in all. Beyond, the one that has waited longest for a whole request is closed, and
   * where each has a request under way, new ones get 503. Default what the limit on open files leaves, two for a request:
   * three eighths of it, at most 65,536; 384 with `ulimit -n 1024`.
   */
  readonly maxConnections?: number | undefined
  /** As `maxConnections`, for each address. Default half of it; as much as it right behind another proxy. */
  readonly maxConnectionsPerClient?: number | undefined
  /** Requests that one member may have at once; default no bound. */
  readonly maxInFlightPerMember?: number | undefined
  /**
   * Lets requests wait when no member has room: `max` of them, each for `timeoutMs` milliseconds. Left out, they are
   * answered 503 at once.
   */
  readonly queue?: { readonly max: number; readonly timeoutMs: number } | undefined
  /** What a 503 tells clients in Retry-After, seconds; default 1. */
  readonly retryAfterSeconds?: number | undefined
  /**
   * `append` (default) adds the client to the X-Forwarded-For that a request brings, and leaves X-Forwarded-Proto and
   * -Host as they are: right behind another proxy. `replace` believes none of them, nor `X-Real-IP` and the like: right at the edge.
   */
  readonly forwarded?: ForwardedMode | undefined
  /** How far back rates and percentiles look, milliseconds; default 10,000, at least 1,000. */
  readonly windowMs?: number | undefined
  /**
   * What it means to a policy that there is no latency because no member answered within the window; default `hold`. To
   * scale in on latency when the traffic stops, `{ kind: 'assume', value: 0 }`: members that hang look the same.
   */
  readonly whenMissing?: MissingRule | undefined
  /** Gets warnings: members whose answers nobody understands, connections refused. Default stderr. */
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
}

/** Options with every default filled in. */
export type ProxySettings = {
  readonly [Key in keyof ProxyOptions]-?: Exclude<ProxyOptions[Key], undefined>
}

const defaults = {
  host: '127.0.0.1',
  name: 'proxy',
  algorithm: 'round-robin',
  drainTimeoutMs: 30_000,
  connectTimeoutMs: 3000,
  responseTimeoutMs: 60_000,
  keepAliveMs: 1500,
  clientKeepAliveMs: 75_000,
  headTimeoutMs: 30_000,
  clientTimeoutMs: 60_000,
  maxInFlightPerMember: Infinity,
  queue: { max: 0, timeoutMs: 0 },
  retryAfterSeconds: 1,
  forwarded: 'append',
  windowMs: 10_000,
  whenMissing: { kind: 'hold' },
  clock: systemClock,
} as const satisfies Partial<ProxySettings>

const schema = v.strictObject({
  port: check.wholeNumber(0, 65_535),
  host: v.optional(check.text()),
  name: v.optional(check.text()),
  algorithm: v.optional(v.picklist(['round-robin', 'least-connections'])),
  drainTimeoutMs: v.optional(check.milliseconds()),
  connectTimeoutMs: v.optional(check.milliseconds(1)),
  responseTimeoutMs: v.optional(check.milliseconds()),
  keepAliveMs: v.optional(check.milliseconds()),
  clientKeepAliveMs: v.optional(check.milliseconds(1)),
  headTimeoutMs: v.optional(check.milliseconds(1)),
  clientTimeoutMs: v.optional(check.milliseconds(1)),
  maxConnections: v.optional(check.wholeNumber(1)),
  maxConnectionsPerClient: v.optional(check.wholeNumber(1)),
  logger: v.optional(check.having<Logger>('a logger', 'debug', 'info', 'warn', 'error')),
  maxInFlightPerMember: v.optional(check.wholeNumber(1)),
  queue: v.optional(v.strictObject({ max: check.wholeNumber(), timeoutMs: check.milliseconds() })),
  retryAfterSeconds: v.optional(check.wholeNumber()),
  forwarded: v.optional(v.picklist(['append', 'replace'])),
  windowMs: v.optional(check.milliseconds(1000)),
  whenMissing: v.optional(missingRule()),
  clock: v.optional(check.having<Clock>('a clock', 'now', 'monotonic', 'sleep')),
})

/** What `proxy` takes. */
export const proxySchema: v.GenericSchema = schema

/**
 * The options checked and complete.
 *
 * @throws FlotillaError `invalid-options`
 */
export function settingsFrom(options: ProxyOptions): ProxySettings {
  const given = checkOptions('proxy', schema, options)
  const name = given.name ?? defaults.name
  const maxConnections = given.maxConnections ?? connectionsWithin(readDescriptorLimit())
  return {
    port: given.port,
    host: given.host ?? defaults.host,
    name,
    headTimeoutMs: given.headTimeoutMs ?? defaults.headTimeoutMs,
    clientTimeoutMs: given.clientTimeoutMs ?? defaults.clientTimeoutMs,
    maxConnections,
    maxConnectionsPerClient: given.maxConnectionsPerClient ?? Math.ceil(maxConnections / 2),
    logger: given.logger ?? warningsToConsole(name),
    algorithm: given.algorithm ?? defaults.algorithm,
    drainTimeoutMs: given.drainTimeoutMs ?? defaults.drainTimeoutMs,
    connectTimeoutMs: given.connectTimeoutMs ?? defaults.connectTimeoutMs,
    responseTimeoutMs: given.responseTimeoutMs ?? defaults.responseTimeoutMs,
    keepAliveMs: given.keepAliveMs ?? defaults.keepAliveMs,
    clientKeepAliveMs: given.clientKeepAliveMs ?? defaults.clientKeepAliveMs,
    maxInFlightPerMember: given.maxInFlightPerMember ?? defaults.maxInFlightPerMember,
    queue: given.queue ?? defaults.queue,
    retryAfterSeconds: given.retryAfterSeconds ?? defaults.retryAfterSeconds,
    forwarded: given.forwarded ?? defaults.forwarded,
    windowMs: given.windowMs ?? defaults.windowMs,
    whenMissing: given.whenMissing ?? defaults.whenMissing,
    clock: given.clock ?? defaults.clock,
  }
}
