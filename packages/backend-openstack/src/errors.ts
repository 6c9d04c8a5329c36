import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { OpenStackError } from '@flotilla/openstack-client'

/** One call, for its error. */
export interface Attempt {
  /** Such as `launch web-1: create the server`. */
  readonly what: string
  /** The code for an answer without a clearer one; default `unknown`. */
  readonly otherwise?: ErrorCode | undefined
  readonly instanceId?: string | undefined
}

/** An error of the cloud or the connection as a `FlotillaError`. A `FlotillaError` stays as it is. */
export function fromOpenStack(cause: unknown, { what, otherwise, instanceId }: Attempt): FlotillaError {
  if (cause instanceof FlotillaError) return cause
  const text = `${what}: ${messageOf(cause)}`
  if (!(cause instanceof OpenStackError)) {
    return new FlotillaError(otherwise ?? 'unknown', text, { cause, instanceId })
  }
  const { requestId, retryAfterMs } = cause
  return new FlotillaError(codeOf(cause) ?? otherwise ?? 'unknown', text, {
    cause,
    instanceId,
    requestId,
    retryAfterMs,
  })
}

function codeOf({ code, fault = '', status }: OpenStackError): ErrorCode | undefined {
  switch (code) {
    case 'quota':
      // Neither time nor the end of another server makes room for it.
      return isOfTemplate(fault) ? 'invalid-template' : 'quota-exceeded'
    case 'forbidden':
    case 'unauthorized':
      return 'permission-denied'
    case 'not-found':
      return 'not-found'
    case 'conflict':
      return isNoRoom(fault) ? 'no-capacity' : 'conflict'
    case 'rate-limited':
      return 'rate-limited'
    case 'unavailable':
      // A 500 is a fault inside Nova: Nova was reached.
      return status === 500 ? undefined : 'unavailable'
    case 'timeout':
      return 'timeout'
    case 'bad-request':
      return isNoRoom(fault) ? 'no-capacity' : 'invalid-template'
    case 'too-large':
    case 'ambiguous':
      return 'invalid-template'
    case 'invalid-options':
      return 'invalid-options'
    case 'unsupported':
    case 'no-endpoint':
      return 'unsupported'
    case 'closed':
      return 'closed'
    case 'failed':
      return isNoRoom(fault) ? 'no-capacity' : 'launch-failed'
    case 'bad-answer':
      return undefined
  }
}

/**
 * Whether a fault says that no host has room now. "Exhausted all hosts available for retrying build failures" says only that
 * each host that was tried failed, which is a failed launch like any other.
 */
export const isNoRoom = (fault: string): boolean =>
  /no valid host|not enough hosts|no hosts? available|insufficient (compute )?resources/i.test(fault) ||
  isNoAddress(fault)

/** Whether a fault says that a network has no address left. Another zone has none either. */
export const isNoAddress = (fault: string): boolean =>
  /no more ip addresses|no fixed ip addresses available|IpAddressGenerationFailure|ExternalIpAddressExhausted|unable to find any ip address on external network/i.test(
    fault,
  )

/** Whether a fault names a quota that one server of this template exceeds by itself. */
const isOfTemplate = (fault: string): boolean =>
  /metadata[ _]items?|injected[ _]files?|file (content|path)|maximum number of tags/i.test(fault)

/**
 * Whether a fault says that the quota was full. Nova counts when it is asked, and again when the server exists: of several
 * servers asked for at one time, some are accepted and then come to ERROR.
 */
export const isOverQuota = (fault: string): boolean => /\bquota exceeded\b/i.test(fault)

/** The `OpenStackError` itself, or the one that caused a `FlotillaError`. */
export const openStackErrorOf = (error: unknown): OpenStackError | undefined => {
  const below = error instanceof FlotillaError ? error.cause : error
  return below instanceof OpenStackError ? below : undefined
}

/** Whether a change may have been made although no answer came. */
export const isMaybeDone = (error: unknown): boolean => openStackErrorOf(error)?.maybeDone === true

/** Whether Nova refused because the server is locked: only an admin may end it. */
export const isLocked = (error: unknown): boolean => {
  const below = openStackErrorOf(error)
  return below?.code === 'conflict' && /\bis locked\b/i.test(below.fault ?? '')
}
