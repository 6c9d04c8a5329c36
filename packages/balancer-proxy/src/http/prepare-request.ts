import type { IncomingMessage } from 'node:http'
import { removeHopByHop, removeIdleTrailer } from './hop-by-hop.js'

/** What to do with `X-Forwarded-*` that a request brings along. */
export type ForwardedMode = 'append' | 'replace'

/**
 * Turns a request as it came into the one a member gets: without what concerned the client's connection, and with who
 * the client is.
 *
 * @returns false when its target is none that a member could serve
 */
export function prepareRequest(request: IncomingMessage, mode: ForwardedMode): boolean {
  const isUpgrade = request.headers.upgrade?.toLowerCase() === 'websocket'
  removeHopByHop(request)
  const { headers } = request
  if (isUpgrade) Object.assign(headers, { connection: 'Upgrade', upgrade: 'websocket' })
  removeIdleTrailer(headers, true)
  // The connection is there before the body is asked for, so the proxy answers this itself.
  if (headers.expect !== undefined) delete headers.expect
  if (!useOriginForm(request)) return false
  addForwarded(request, mode)
  return true
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
  if (mode === 'replace') {
    for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'])
      delete headers[name]
  }
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'
  const before = headers['x-forwarded-for']
  headers['x-forwarded-for'] = before === undefined ? address : `${String(before)}, ${address}`
  headers['x-forwarded-proto'] ??= 'http'
  if (headers.host !== undefined) headers['x-forwarded-host'] ??= headers.host
}
