import { systemClock } from '../clock.js'
import { withDeadline } from '../async/deadline.js'
import { FlotillaError } from '../errors.js'
import { boundedRequest, BrokenAnswer, type HttpAnswer } from './bounded-request.js'
import { networkReason } from './network-reason.js'

/** One question to a server that answers in JSON. */
export interface JsonQuestion {
  /** For errors: `query Prometheus at http://…`. */
  readonly attempted: string
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly ca?: string | undefined
  readonly allowUntrusted?: boolean | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** An answer much longer than any metric needs is a mistake, and must not fill the memory. */
export const longestAnswerBytes: number = 2 ** 20

/**
 * What the server answered, whatever its status.
 *
 * @throws FlotillaError `timeout`, `unavailable`, `invalid-reading` when it is over 1 MiB; the signal's own reason
 */
export function ask({ attempted, timeoutMs, signal, ...request }: JsonQuestion): Promise<HttpAnswer> {
  const work = async (inner: AbortSignal): Promise<HttpAnswer> => {
    try {
      return await boundedRequest({ ...request, maxBytes: longestAnswerBytes, signal: inner })
    } catch (error) {
      if (inner.aborted) throw inner.reason
      const tooLong = error instanceof BrokenAnswer && error.isTooLong
      const code = tooLong ? 'invalid-reading' : 'unavailable'
      throw new FlotillaError(code, `${attempted}: ${networkReason(error)}`, { cause: error })
    }
  }
  return withDeadline(work, { clock: systemClock, timeoutMs, what: attempted, signal })
}

/**
 * The body as data.
 *
 * @throws FlotillaError `invalid-reading` when it is not JSON; the body is not shown, as nobody knows what is in it
 */
export function parseJson(attempted: string, { headers, body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body)
  } catch {
    const type = headers['content-type'] ?? 'no content type'
    throw new FlotillaError(
      'invalid-reading',
      `${attempted}: the answer is not JSON (${type.slice(0, 80)}, ${body.length} characters)`,
    )
  }
}
