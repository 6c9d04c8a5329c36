import { OpenStackError, type OpenStackErrorCode } from '../openstack-error.js'
import type { Redact } from '../secrets/redact.js'
import { readFault, type Fault } from './fault.js'
import { requestIdOf, type Answer } from './answer.js'
import { retryAfterMs } from './retry-after.js'

/** One call, for its error. */
export interface Asked {
  /** Such as `create server web-1`. */
  readonly what: string
  /** Service type. */
  readonly service: string
  /** Sending it twice is the same as sending it once. */
  readonly repeatable: boolean
  readonly redact: Redact
  readonly nowMs: number
}

/** The error of a refusal. */
export function answerError(answer: Answer, asked: Asked): OpenStackError {
  const { service, what, redact, nowMs } = asked
  const { status } = answer
  const fault = readFault(answer.text)
  const waitMs =
    retryAfterMs(answer.headers.get('retry-after'), nowMs) ?? secondsToMs(fault.retryAfterSeconds)
  const code = codeOf(status, fault, waitMs !== undefined)
  // Secrets are hidden before the text is shortened: half a secret would not be recognised.
  const words = shortened(redact(status < 400 ? redirectText(answer) : fault.text))
  const requestId = requestIdOf(answer)
  const id = requestId === undefined ? '' : ` (${requestId})`
  return new OpenStackError(code, `${service}: ${what}: ${status}${words === '' ? '' : ` ${words}`}${id}`, {
    service,
    status,
    requestId,
    fault: words,
    faultType: fault.type,
    retryable: isRetryable(code, fault),
    // A gateway that says 502 or 504 may have passed the call on.
    maybeDone: status >= 500 && !asked.repeatable,
    retryAfterMs: waitMs,
  })
}

const redirectText = ({ headers }: Answer): string =>
  `a redirect to ${headers.get('location') ?? 'nowhere'}, which is not followed; give the right address`

const longest = 1000

const shortened = (words: string): string => (words.length > longest ? `${words.slice(0, longest)}…` : words)

const secondsToMs = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000

/** A full quota and a policy have the same status. Only the text differs. */
const quotaWords =
  /quota|over the limit|maximum number of|limit (has been )?exceeded|exceeds? (the )?(allowed|limit)/i

function codeOf(status: number, fault: Fault, hasRetryAfter: boolean): OpenStackErrorCode {
  switch (status) {
    case 401:
      return 'unauthorized'
    case 403:
      return isPolicy(fault) || !isQuota(fault) ? 'forbidden' : 'quota'
    case 404:
      return 'not-found'
    case 412:
      return 'conflict'
    case 406:
      return 'unsupported'
    case 409:
      return isQuota(fault) ? 'quota' : 'conflict'
    case 413:
      if (isQuota(fault)) return 'quota'
      return hasRetryAfter ? 'rate-limited' : 'too-large'
    case 429:
      return 'rate-limited'
    default:
      if (status >= 500) return 'unavailable'
      return status >= 400 ? 'bad-request' : 'bad-answer'
  }
}

const isPolicy = ({ text }: Fault): boolean =>
  /policy (does ?n.t|does not) allow|disallowed by policy/i.test(text)

const isQuota = ({ text, type = '' }: Fault): boolean =>
  /OverQuota|LimitExceeded/i.test(type) || quotaWords.test(text)

/** Refusals that a later try may not get: the thing is busy, or two calls wrote at once. */
const busyWords = /task_state|immutable|pending_(create|update|delete)|concurrent|deadlock|retry|try again/i

function isRetryable(code: OpenStackErrorCode, { text, type = '' }: Fault): boolean {
  if (code === 'conflict') return busyWords.test(text) || /concurrent_update|RetryRequest/.test(type)
  return code === 'rate-limited' || code === 'unavailable'
}

/** A conflict that ends within seconds. The call was not done. */
export const isPassingConflict = (error: OpenStackError): boolean =>
  error.code === 'conflict' &&
  /\bimmutable\b|deadlock|RetryRequest/i.test(`${error.fault} ${error.faultType}`)
