import type { IncomingMessage } from 'node:http'
import { checkHead } from './check-head.js'
import { removeIdentity } from './client-identity.js'
import { removeHopByHop, removeIdleTrailer } from './hop-by-hop.js'
import { badTarget, type Reply } from '../reply.js'

/** What to do with what a request says of its client: `X-Forwarded-*`, `X-Real-IP` and the like. */
export type ForwardedMode = 'append' | 'replace'

/**
 * Turns a request as it came into the one a member gets: without what concerned the client's connection, and with who
 * the client is.
 *
 * @param isWebSocket - it has asked to become one, by both headers
 * @returns the answer to one that no member should get
 */
export function prepareRequest(
  request: IncomingMessage,
  mode: ForwardedMode,
  isWebSocket: boolean,
): Reply | undefined {
  const refusal = checkHead(request)
  if (refusal !== undefined) return refusal
  removeHopByHop(request)
  const { headers } = request
  if (isWebSocket) Object.assign(headers, { connection: 'Upgrade', upgrade: 'websocket' })
  removeIdleTrailer(headers, true)
  // The connection is there before the body is asked for, so the proxy answers this itself.
  if (headers.expect !== undefined) delete headers.expect
  if (!useOriginForm(request)) return badTarget
  addForwarded(request, mode)
  return undefined
}

/** A request in the form for forward proxies, `GET http://host/path`, means `/path` at that host (RFC 9112, 3.2.2). */
function useOriginForm(request: IncomingMessage): boolean {
  const target = request.url ?? ''
  if (target.startsWith('/')) return true
  const [, host, path = ''] = /^https?:\/\/([^/?#@\s]+)([/?#].*)?$/i.exec(target) ?? []
  if (host === undefined) return false
  request.headers.host = host
  request.url = path.startsWith('/') ? path : `/${path}`
  return true
}

function addForwarded({ headers, socket }: IncomingMessage, mode: ForwardedMode): void {
  if (mode === 'replace') removeIdentity(headers)
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'
  const before = headers['x-forwarded-for']
  headers['x-forwarded-for'] = before === undefined ? address : `${String(before)}, ${address}`
  headers['x-forwarded-proto'] ??= 'http'
  if (headers.host !== undefined) headers['x-forwarded-host'] ??= headers.host
}
