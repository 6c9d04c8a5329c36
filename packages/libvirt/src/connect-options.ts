import * as v from 'valibot'
import { checkSettings, wholeNumber } from './check-settings.js'

/** How a connection to libvirt is made. */
export interface ConnectOptions {
  /** Asks for a connection that only reads: libvirt then refuses what changes anything, with code 29. Default false. */
  readonly readOnly?: boolean | undefined
  /** Gives up the first attempt to connect. A connection that is up ends by `close()`. */
  readonly signal?: AbortSignal | undefined
  /** Bound of one attempt to connect, with authentication, in milliseconds. Default 10 000. */
  readonly connectTimeoutMs?: number | undefined
  /** Bound of every call that brings none of its own, in milliseconds, waiting for a reconnection included. Default 30 000. */
  readonly timeoutMs?: number | undefined
  /** How often the daemon is asked for a sign of life, in milliseconds; 0 never asks. Default 5 000. */
  readonly keepAliveIntervalMs?: number | undefined
  /** The connection is given up after so many intervals in silence. Default 5. */
  readonly keepAliveCount?: number | undefined
  /** Pause before the first attempt to reconnect, in milliseconds; doubles with each that fails. Default 200. */
  readonly reconnectMinDelayMs?: number | undefined
  /** Longest pause between attempts, in milliseconds. Default 5 000. */
  readonly reconnectMaxDelayMs?: number | undefined
}

export interface ConnectSettings {
  readonly readOnly: boolean
  readonly connectTimeoutMs: number
  readonly timeoutMs: number
  readonly keepAliveIntervalMs: number
  readonly keepAliveCount: number
  readonly reconnectMinDelayMs: number
  readonly reconnectMaxDelayMs: number
}

const defaults: ConnectSettings = {
  readOnly: false,
  connectTimeoutMs: 10_000,
  timeoutMs: 30_000,
  keepAliveIntervalMs: 5_000,
  keepAliveCount: 5,
  reconnectMinDelayMs: 200,
  reconnectMaxDelayMs: 5_000,
}

const schema = v.strictObject({
  readOnly: v.optional(v.boolean()),
  signal: v.optional(v.instance(AbortSignal)),
  connectTimeoutMs: v.optional(wholeNumber(1)),
  timeoutMs: v.optional(wholeNumber(1)),
  keepAliveIntervalMs: v.optional(wholeNumber(0)),
  keepAliveCount: v.optional(wholeNumber(1)),
  reconnectMinDelayMs: v.optional(wholeNumber(1)),
  reconnectMaxDelayMs: v.optional(wholeNumber(1)),
})

/** @throws LibvirtError `invalid-argument` that names the option */
export const checkConnectOptions = (options: ConnectOptions): ConnectSettings =>
  checkSettings(schema, defaults, options)
