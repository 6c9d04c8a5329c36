/**
 * Why something failed, in the words a caller branches on.
 *
 * - `invalid-options`: the caller's own input; `field` and `value` say which. Never retryable.
 * - `invalid-template`: the backend refuses the machine as described (no such image, bad name). Never retryable.
 * - `invalid-reading`: a metric source answered something that is not a finite number.
 * - `unavailable`: the backend, balancer or source cannot be reached now.
 * - `timeout`: no answer within the bound; what was asked may still happen.
 * - `rate-limited`: asked too often; `retryAfterMs` when the vendor said when.
 * - `permission-denied`: known to the vendor, and not allowed.
 * - `quota-exceeded`: allowed, but over what this account may have.
 * - `no-capacity`: allowed and within quota, but no host has room.
 * - `conflict`: somebody else is changing the same thing.
 * - `not-found`, `not-owned`: the machine is not there, or carries no label of ours.
 * - `launch-failed`: the machine was made and then failed; nothing of it is left.
 * - `not-ended`: of a group that was to be ended something is left; the message names it, and why.
 * - `unsupported`: this backend does not do that; `supports` says so beforehand.
 * - `state-damaged`: the stored state cannot be read.
 * - `closed`: used after `close()`.
 * - `unknown`: none of these; `cause` has what the vendor said.
 */
export type ErrorCode =
  | 'invalid-options'
  | 'invalid-template'
  | 'invalid-reading'
  | 'unavailable'
  | 'timeout'
  | 'rate-limited'
  | 'permission-denied'
  | 'quota-exceeded'
  | 'no-capacity'
  | 'conflict'
  | 'not-found'
  | 'not-owned'
  | 'launch-failed'
  | 'not-ended'
  | 'unsupported'
  | 'state-damaged'
  | 'closed'
  | 'unknown'

const retryableCodes: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'timeout',
  'rate-limited',
  'quota-exceeded',
  'no-capacity',
  'conflict',
  'launch-failed',
  'not-ended',
  'unknown',
])

/** Facts about a failure, beside its code and message. */
export interface ErrorFacts {
  /** What was thrown below, kept whole. */
  readonly cause?: unknown
  /** Whether the same call may succeed later; by default told from the code. */
  readonly retryable?: boolean | undefined
  readonly retryAfterMs?: number | undefined
  readonly instanceId?: string | undefined
  /** With `invalid-options`: the option's name as the caller wrote it, such as `behavior.scaleIn.windowMs`. */
  readonly field?: string | undefined
  /** With `invalid-options`: what the caller gave. */
  readonly value?: unknown
  /** The vendor's own id of the failed call, for its logs. */
  readonly requestId?: string | undefined
}

/**
 * The one error class of Flotilla. `message` says what was attempted, on what, and what came back; it never carries
 * a secret. An aborted call is not wrapped: it rejects with the signal's own reason.
 */
export class FlotillaError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly instanceId: string | undefined
  readonly field: string | undefined
  readonly value: unknown
  readonly requestId: string | undefined

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'FlotillaError'
    this.code = code
    this.retryable = facts.retryable ?? retryableCodes.has(code)
    this.retryAfterMs = facts.retryAfterMs
    this.instanceId = facts.instanceId
    this.field = facts.field
    this.value = facts.value
    this.requestId = facts.requestId
  }

  /** For logs and files: what `JSON.stringify` takes. Without the stack; of the cause only its message. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { name, code, message, retryable, retryAfterMs, instanceId, field, requestId } = this
    const cause = this.cause === undefined ? undefined : messageOf(this.cause)
    const value = isPlainValue(this.value) ? this.value : undefined
    return { name, code, message, retryable, retryAfterMs, instanceId, field, value, requestId, cause }
  }
}

/** One that is its own JSON; an object may hold anything, also a secret. */
const isPlainValue = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)

/** Anything thrown, as a FlotillaError: one of ours as it is, the rest as `unknown` with its cause kept. */
export function toFlotillaError(thrown: unknown, attempted: string): FlotillaError {
  if (thrown instanceof FlotillaError) return thrown
  return new FlotillaError('unknown', `${attempted}: ${messageOf(thrown)}`, { cause: thrown })
}

/** The text of anything thrown, also of things that are not errors. Never throws itself. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  try {
    return String(thrown)
  } catch {
    return Object.prototype.toString.call(thrown)
  }
}
