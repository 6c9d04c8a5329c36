/**
 * What went wrong, for a caller to branch on.
 *
 * - `invalid-options` - what the caller, a file or a variable gave will not do
 * - `unauthorized` - 401 that a new token did not mend, or Keystone refuses the credentials
 * - `forbidden` - 403: a policy refuses
 * - `quota` - the project's quota is used up: Nova's 403, Neutron's 409 OverQuota, Cinder's 413
 * - `not-found` - 404
 * - `conflict` - 409 and 412: the state of the thing forbids it
 * - `bad-request` - any other 4xx
 * - `too-large` - 413: the body is
 * - `rate-limited` - 429, or 413 with Retry-After
 * - `unavailable` - 5xx, or no connection
 * - `timeout` - no answer within the bound, or a wait that did not come true
 * - `unsupported` - the cloud's API is too old for the call
 * - `no-endpoint` - the catalogue has no such service, interface or region
 * - `ambiguous` - several things have the name
 * - `failed` - what was waited for went to an error state
 * - `bad-answer` - an answer that is not what the API says
 * - `closed` - the client was closed
 */
export type OpenStackErrorCode =
  | 'invalid-options'
  | 'unauthorized'
  | 'forbidden'
  | 'quota'
  | 'not-found'
  | 'conflict'
  | 'bad-request'
  | 'too-large'
  | 'rate-limited'
  | 'unavailable'
  | 'timeout'
  | 'unsupported'
  | 'no-endpoint'
  | 'ambiguous'
  | 'failed'
  | 'bad-answer'
  | 'closed'

/** What is known beside the message. */
export interface OpenStackErrorFacts {
  /** Service type: `compute`, `identity`. */
  readonly service?: string | undefined
  /** HTTP status; absent when no answer came. */
  readonly status?: number | undefined
  /** The service's `X-Openstack-Request-Id`, to be told to whoever runs the cloud. */
  readonly requestId?: string | undefined
  /** The service's own words. */
  readonly fault?: string | undefined
  /** The service's name for the fault: `itemNotFound`, `OverQuota`, `placement.concurrent_update`. */
  readonly faultType?: string | undefined
  /** The same call may succeed later, with nothing changed by the caller. Default false. */
  readonly retryable?: boolean | undefined
  /** No answer came to a call that changes something: it may have been done or not. Default false. */
  readonly maybeDone?: boolean | undefined
  /** How long the service asked to be left alone. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/** The one error of this client. An abort is none: it keeps the signal's own reason. */
export class OpenStackError extends Error {
  override readonly name = 'OpenStackError'
  readonly code: OpenStackErrorCode
  readonly service: string | undefined
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly fault: string | undefined
  readonly faultType: string | undefined
  readonly retryable: boolean
  readonly maybeDone: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: OpenStackErrorCode, message: string, facts: OpenStackErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.service = facts.service
    this.status = facts.status
    this.requestId = facts.requestId
    this.fault = facts.fault
    this.faultType = facts.faultType
    this.retryable = facts.retryable ?? false
    this.maybeDone = facts.maybeDone ?? false
    this.retryAfterMs = facts.retryAfterMs
  }
}

/** The thing is not there. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof OpenStackError && error.code === 'not-found'
