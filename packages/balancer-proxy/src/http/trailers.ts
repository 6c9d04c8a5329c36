import type { IncomingMessage, OutgoingMessage } from 'node:http'

/** Sends on the trailers that come after a body. To be called before the body is piped, so that it comes first. */
export function forwardTrailers(from: IncomingMessage, to: OutgoingMessage): void {
  from.once('end', () => {
    if (from.rawTrailers.length === 0) return
    try {
      to.addTrailers(from.trailers)
    } catch {
      // One that Node would not send is no reason to break off a body that came through whole.
    }
  })
}
