import type { IncomingHttpHeaders } from 'node:http'
import { FlotillaError, type ErrorCode } from '../errors.js'

/**
 * The error for an answer that is not 2xx.
 *
 * @param attempted - `query Prometheus at http://…`
 * @param detail - what the server said of it, when it said something readable
 */
export function statusFailure(
  attempted: string,
  status: number,
  headers: IncomingHttpHeaders,
  detail: string | undefined,
): FlotillaError {
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''
  const said = detail === undefined ? '' : `: ${detail}`
  const seconds = Number(headers['retry-after'])
  const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
  return new FlotillaError(codeOf(status), `${attempted}: answered ${status}${redirect}${said}`, {
    retryAfterMs,
  })
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'permission-denied'
  if (status === 404 || status === 410) return 'not-found'
  if (status === 408 || status === 504) return 'timeout'
  if (status === 429) return 'rate-limited'
  if (status >= 500) return 'unavailable'
  return 'unknown'
}
