import type { IncomingMessage, OutgoingMessage } from 'node:http'
import { isIdentity } from './client-identity.js'
import { isHopByHop } from './hop-by-hop.js'

/** What frames, routes, authenticates or describes a message must stand before it (RFC 9110, section 6.5.1). */
const notAfterwards = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'max-forwards',
  'set-cookie',
  'trailer',
  'transfer-encoding',
])

/**
 * Sends on the trailers that come after a body, without those that a member could take for headers. To be called before
 * the body is piped, so that it comes first.
 */
export function forwardTrailers(from: IncomingMessage, to: OutgoingMessage): void {
  from.once('end', () => {
    if (from.rawTrailers.length === 0) return
    try {
      to.addTrailers(Object.fromEntries(Object.entries(from.trailers).filter(([name]) => mayFollow(name))))
    } catch {
      // One that Node would not send is no reason to break off a body that came through whole.
    }
  })
}

function mayFollow(name: string): boolean {
  return !notAfterwards.has(name) && !isHopByHop(name) && !isIdentity(name)
}
