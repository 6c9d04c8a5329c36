import { Agent, request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as requestSecure } from 'node:https'
import { pipeline, Readable } from 'node:stream'
import { BodyTooLong, mostBodyBytes } from './bounded-body.js'
import type { HttpRequest, HttpResponse, TlsMaterial, Transport } from './transport.js'

/** Apache, the shortest of the usual servers, keeps an idle connection for 5 s: what is sent into its end is lost. */
const idleMs = 4000
const connectTimeoutMs = 10_000

/** Node's own HTTP client: a call costs it much less CPU than it costs the built-in `fetch`. */
export function openNodeTransport(tls: TlsMaterial): Transport {
  const kept = { keepAlive: true, timeout: idleMs }
  const plain = new Agent(kept)
  const secure = new SecureAgent({ ...kept, ...tls })
  return {
    send: async (url, { method, headers, body, signal }) => {
      const isSecure = url.startsWith('https:')
      const options = { method, headers, signal }
      const request = isSecure
        ? requestSecure(url, { ...options, agent: secure })
        : requestPlain(url, { ...options, agent: plain })
      limitConnecting(request, isSecure ? 'secureConnect' : 'connect')
      return answerTo(request, body)
    },
    close: async () => {
      plain.destroy()
      secure.destroy()
    },
  }
}

function answerTo(request: ClientRequest, body: HttpRequest['body']): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.once('response', (response) => {
      if (hasNoBody(response)) {
        resolve(bodiless(request, response))
        return
      }
      const pieces: Buffer[] = []
      let byteCount = 0
      response.on('data', (piece: Buffer) => {
        byteCount += piece.byteLength
        if (byteCount > mostBodyBytes) request.destroy(new BodyTooLong())
        else pieces.push(piece)
      })
      response.on('error', reject)
      response.once('end', () => {
        // Refused before all of it was sent.
        if (!request.writableFinished) request.destroy()
        const text = Buffer.concat(pieces).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: headersOf(response), text: async () => text })
      })
    })
    if (body instanceof ReadableStream) {
      pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), request, (error) => {
        if (error) reject(error)
      })
    } else {
      request.end(body)
    }
  })
}

/**
 * uWSGI ends a 204 with a chunk, which is no part of it and would be read as the next answer of the connection; or, where it
 * comes in one piece with the 204, as a fault of this one. So the answer is whole with its head, and the last of its connection.
 */
function bodiless(request: ClientRequest, response: IncomingMessage): HttpResponse {
  if (response.headers['transfer-encoding'] !== undefined) request.shouldKeepAlive = false
  response.on('error', () => {}).resume()
  return { status: response.statusCode ?? 0, headers: headersOf(response), text: async () => '' }
}

const hasNoBody = ({ statusCode }: IncomingMessage): boolean => statusCode === 204 || statusCode === 304

function headersOf({ headers }: IncomingMessage): HttpResponse['headers'] {
  return {
    get(name) {
      const value = headers[name.toLowerCase()]
      return Array.isArray(value) ? value.join(', ') : (value ?? null)
    },
  }
}

/** A host that answers to nothing: the request was not sent, which a bound on the whole call could not tell. */
function limitConnecting(request: ClientRequest, event: 'connect' | 'secureConnect'): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(() => {
      const text = `not connected within ${connectTimeoutMs} ms`
      request.destroy(Object.assign(new Error(text), { code: 'CONNECT_TIMEOUT' }))
    }, connectTimeoutMs)
    const clear = (): void => clearTimeout(timer)
    socket.once(event, clear).once('close', clear)
  })
}
