import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** Headers that concern one connection only (RFC 9110, section 7.6.1), with those of other proxies' making. */
const always = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'upgrade',
])

/** A `Connection` header must not be able to take away what frames the message, or nobody could tell where it ends. */
const framing = new Set(['content-length', 'host', 'transfer-encoding'])

/** Whether a header concerns one connection only; lower-case name. */
export function isHopByHop(name: string): boolean {
  return always.has(name)
}

const noNames: ReadonlySet<string> = new Set()

/**
 * Leaves a message without the headers that concern the connection it came on, and those its `Connection` names. They
 * are left out of a new object: V8 makes one that something was deleted from slow to copy, and it is copied next.
 */
export function removeHopByHop(message: IncomingMessage): void {
  const named = namedBy(message.headers.connection)
  const kept: IncomingHttpHeaders = {}
  for (const [name, value] of Object.entries(message.headers)) {
    if (!always.has(name) && !named.has(name)) kept[name] = value
  }
  message.headers = kept
}

/** Removes the announcement of trailers from a message that cannot carry any; Node throws at it later. */
export function removeIdleTrailer(headers: IncomingHttpHeaders, canCarryTrailers: boolean): void {
  if (headers.trailer === undefined) return
  if (!canCarryTrailers || !/\bchunked\b/i.test(headers['transfer-encoding'] ?? '')) delete headers.trailer
}

function namedBy(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return noNames
  const names = connection.split(',').map((name) => name.trim().toLowerCase())
  return new Set(names.filter((name) => !framing.has(name)))
}
