import { maxHeaderSize, STATUS_CODES, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Refusal } from '../members/router.js'

/** An answer of the proxy's own. */
export interface Reply {
  readonly status: number
  /** One line for people. */
  readonly text: string
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export const badTarget: Reply = { status: 400, text: 'the request target is not a path' }
/** There is no room for another connection. */
export const crowded: Reply = { status: 503, text: 'too many connections', headers: { 'retry-after': '1' } }
export const slowRequest: Reply = {
  status: 408,
  text: 'the request did not come in time',
  headers: { connection: 'close' },
}
export const brokenAnswer: Reply = { status: 502, text: 'the member broke off before it answered' }
export const longAnswer: Reply = {
  status: 502,
  text: `the head of the member's answer is longer than ${maxHeaderSize} bytes`,
}
export const strangeAnswer: Reply = { status: 502, text: 'the member answered what is not HTTP/1.1' }
export const slowAnswer: Reply = { status: 504, text: 'the member did not answer in time' }

/** What a member did that made a request fail. */
export function failedAnswer(error: unknown): Reply {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'HPE_HEADER_OVERFLOW') return longAnswer
  return code.startsWith('HPE_') ? strangeAnswer : brokenAnswer
}

/** Nothing was sent to any member, so the client may try again without a second thought. */
export function unavailable(refusal: Refusal, retryAfterSeconds: number): Reply {
  return {
    status: 503,
    text: refusal === 'no-member' ? 'no member is available' : 'no member takes connections',
    headers: { 'retry-after': String(retryAfterSeconds) },
  }
}

/** Answers a request; one that already has the head of another answer is broken off, never made to look complete. */
export function sendReply(response: ServerResponse, reply: Reply): void {
  if (response.destroyed || response.writableEnded) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.writeHead(reply.status, headersOf(reply)).end(bodyOf(reply))
}

/** Answers on a bare socket, and closes it. */
export function sendRawReply(socket: Socket, reply: Reply): void {
  if (socket.writable) {
    const headers = Object.entries({ ...headersOf(reply), connection: 'close' })
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
    const status = `${reply.status} ${STATUS_CODES[reply.status] ?? ''}`
    socket.write(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${bodyOf(reply)}`)
  }
  socket.destroySoon()
}

function headersOf(reply: Reply): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(bodyOf(reply))),
    ...reply.headers,
  }
}

function bodyOf({ text }: Reply): string {
  return `${text}\n`
}
