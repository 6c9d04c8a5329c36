import type { IncomingMessage } from 'node:http'
import type { Reply } from '../reply.js'

/** A host and perhaps a port (RFC 3986, 3.2.2); empty is allowed, as in RFC 9112, 3.2. */
const hostPattern = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/i

const twoHosts: Reply = refused(400, 'there is more than one Host')
const badHost: Reply = refused(400, 'the Host is neither a name nor an address')
const oldCoding: Reply = refused(400, 'HTTP/1.0 has no transfer coding')
const otherCoding: Reply = refused(501, 'no transfer coding but chunked is known here')
const otherVersion: Reply = refused(505, 'HTTP/1.0 and 1.1 are spoken here')

/**
 * Refuses a request that two readers could understand in two ways, where the parser lets it through: which host is meant,
 * where its body ends. Undefined for one that is plain.
 */
export function checkHead({ headers, rawHeaders, httpVersion }: IncomingMessage): Reply | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return otherVersion
  const coding = headers['transfer-encoding']
  if (coding !== undefined) {
    if (httpVersion === '1.0') return oldCoding
    if (coding.toLowerCase() !== 'chunked') return otherCoding
  }
  if (!hostPattern.test(headers.host ?? '')) return badHost
  return countOf('host', rawHeaders) > 1 ? twoHosts : undefined
}

/** Node keeps the first of several, and tells of none. */
function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index]
    if (given?.length === name.length && given.toLowerCase() === name) count += 1
  }
  return count
}

function refused(status: number, text: string): Reply {
  return { status, text, headers: { connection: 'close' } }
}
