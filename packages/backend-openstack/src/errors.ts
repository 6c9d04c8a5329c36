import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { OpenStackError } from '@flotilla/openstack-client'

/** What was asked. */
export interface Attempt {
  /** Such as `launch web-1: create the server`. */
  readonly what: string
  /** The code of an answer that says nothing clearer; default `unknown`. */
  readonly otherwise?: ErrorCode | undefined
  readonly instanceId?: string | undefined
}

/** What the cloud or the connection said, as ours. One of ours stays as it is. */
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
      // No time and no end of another server mends it.
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
      // A 500 of Nova is a fault of its own, and no word of whether it can be reached.
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
 * Words of a fault that say that no host has room, at the moment. "Exhausted all hosts available for retrying build
 * failures" says only that each host that was tried failed: that is waited out as any failed launch.
 */
export const isNoRoom = (fault: string): boolean =>
  /no valid host|not enough hosts|no hosts? available|insufficient (compute )?resources/i.test(fault) ||
  isNoAddress(fault)

/** The same of a network's addresses, which no zone has more of. */
export const isNoAddress = (fault: string): boolean =>
  /no more ip addresses|no fixed ip addresses available|IpAddressGenerationFailure|ExternalIpAddressExhausted|unable to find any ip address on external network/i.test(
    fault,
  )

/** A quota that one server breaks by itself, by what its template has too much of. */
const isOfTemplate = (fault: string): boolean =>
  /metadata[ _]items?|injected[ _]files?|file (content|path)|maximum number of tags/i.test(fault)

/**
 * Words of a fault that say that the quota was full. Nova counts when it is asked, and again when the server is there: of
 * several that were asked for at one time, some are taken on and come to ERROR.
 */
export const isOverQuota = (fault: string): boolean => /\bquota exceeded\b/i.test(fault)

/** The client's own error below one of ours, or itself. */
export const openStackErrorOf = (error: unknown): OpenStackError | undefined => {
  const below = error instanceof FlotillaError ? error.cause : error
  return below instanceof OpenStackError ? below : undefined
}

/** No answer came to a call that changes something: it may have been done. */
export const isMaybeDone = (error: unknown): boolean => openStackErrorOf(error)?.maybeDone === true

/** The server is locked: only an admin may end it. */
export const isLocked = (error: unknown): boolean => {
  const below = openStackErrorOf(error)
  return below?.code === 'conflict' && /\bis locked\b/i.test(below.fault ?? '')
}
