import { Agent, request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as requestSecure } from 'node:https'
import { pipeline, Readable } from 'node:stream'
import { BodyTooLong, mostBodyBytes } from './bounded-body.js'
import type { HttpRequest, HttpResponse, TlsMaterial, Transport } from './http-types.js'

/** Apache closes an idle connection after 5 s, the earliest of the usual servers. A request sent at that moment is lost. */
const idleMs = 4000
const connectTimeoutMs = 10_000

/** Sends by `node:http`, which needs much less CPU for a call than the built-in `fetch`. */
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
        // The service refused before the whole body was sent.
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
 * uWSGI ends a 204 with a chunk that does not belong to it and would be read as the next answer of the connection; or, where it
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

/** Bounds connecting to a host that does not answer: then the request was not sent, which a bound of the whole call cannot tell. */
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
