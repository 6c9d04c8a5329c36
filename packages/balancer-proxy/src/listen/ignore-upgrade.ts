import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

const dropped = new Set(['http2-settings', 'upgrade'])

/**
 * Serves a request as if it had not asked for another protocol, which a server may always do (RFC 9110, section 7.8).
 * Java's client asks for `h2c` with every first request. Node has let go of the connection by then, so it is given to
 * the server once more, with the head of the request in front again, less what asked.
 */
export function ignoreUpgrade(server: Server, request: IncomingMessage, socket: Socket, rest: Buffer): void {
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const value = lowerCaseEquals(name, 'connection')
      ? withoutDropped(rawHeaders[index + 1])
      : rawHeaders[index + 1]
    if (!dropped.has(name.toLowerCase()) && value !== undefined) lines.push(`${name}: ${value}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), rest]))
  server.emit('connection', socket)
}

function withoutDropped(connection: string | undefined): string | undefined {
  const tokens = connection?.split(',').map((token) => token.trim())
  const kept = tokens?.filter((token) => !dropped.has(token.toLowerCase()))
  return kept === undefined || kept.length === 0 ? undefined : kept.join(', ')
}

function lowerCaseEquals(text: string, lowerCase: string): boolean {
  return text.toLowerCase() === lowerCase
}
