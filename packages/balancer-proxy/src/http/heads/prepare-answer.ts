import type { IncomingMessage, ServerResponse } from 'node:http'
import { removeHopByHop, removeIdleTrailer } from './hop-by-hop.js'

/** What a reason phrase may hold; Node's parser lets more in than its writer lets out. */
const reasonPhrase = /^[\t\x20-\x7e\x80-\xff]*$/

/** How the client's own connection goes on. */
export interface ClientConnection {
  readonly isClosing: boolean
  readonly keepAliveMs: number
}

/**
 * Turns a member's answer into the one the client gets. The library copies these headers to the response right after.
 *
 * @returns false when no client could be given such an answer
 */
export function prepareAnswer(
  answer: IncomingMessage,
  request: IncomingMessage,
  response: ServerResponse,
  { isClosing, keepAliveMs }: ClientConnection,
): boolean {
  const { statusCode: status = 0 } = answer
  if (status < 200) return false
  removeHopByHop(answer)
  const { headers } = answer
  const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304
  removeIdleTrailer(headers, hasBody && request.httpVersion !== '1.0')
  // Nothing follows, and a client that believed the length would wait for it.
  if (status === 204 || status === 304) delete headers['content-length']
  if (!reasonPhrase.test(answer.statusMessage ?? '')) answer.statusMessage = ''

  const staysOpen = response.shouldKeepAlive && !isClosing
  headers.connection = staysOpen ? 'keep-alive' : 'close'
  // For HTTP/1.0 the library answers with the request's own header.
  request.headers.connection = headers.connection
  if (staysOpen) headers['keep-alive'] = `timeout=${Math.floor(keepAliveMs / 1000)}`
  return true
}
