import * as v from 'valibot'
import { LibvirtError } from './libvirt-error.js'

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

/** More does not fit a timer: Node would fire at once. */
const timerMaxMs = 2 ** 31 - 1
const atLeast = (least: number): v.GenericSchema<number> =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(timerMaxMs))

const schema = v.strictObject({
  readOnly: v.optional(v.boolean()),
  signal: v.optional(v.instance(AbortSignal)),
  connectTimeoutMs: v.optional(atLeast(1)),
  timeoutMs: v.optional(atLeast(1)),
  keepAliveIntervalMs: v.optional(atLeast(0)),
  keepAliveCount: v.optional(atLeast(1)),
  reconnectMinDelayMs: v.optional(atLeast(1)),
  reconnectMaxDelayMs: v.optional(atLeast(1)),
})

/** @throws LibvirtError `invalid-argument` that names the option */
export function checkConnectOptions(options: ConnectOptions): ConnectSettings {
  const result = v.safeParse(schema, options)
  if (!result.success) {
    const [issue] = result.issues
    throw new LibvirtError(`option ${v.getDotPath(issue) ?? ''}: ${issue.message}`, {
      kind: 'invalid-argument',
    })
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return { ...defaults, ...given }
}
