import type { Clock } from '../time/clock.js'
import type { Redact } from '../secrets/redact.js'
import type { CallRecord } from '../session/request.js'
import type { RetryRules } from './retry.js'
import type { Send } from './http-types.js'

/** What the calls of one client share. */
export interface Engine {
  readonly send: Send
  /** The proxy by which an address is reached, for messages. */
  readonly via?: ((url: string) => string | undefined) | undefined
  readonly clock: Clock
  /** 0 <= value < 1. */
  readonly random: () => number
  readonly retries: RetryRules
  /** Bound of a call with its retries, milliseconds. */
  readonly timeoutMs: number
  /** Bound of one try, milliseconds. */
  readonly attemptTimeoutMs: number
  readonly userAgent: string
  readonly redact: Redact
  /** Aborts when the client is closed. */
  readonly closed: AbortSignal
  readonly onCall: ((record: CallRecord) => void) | undefined
}
