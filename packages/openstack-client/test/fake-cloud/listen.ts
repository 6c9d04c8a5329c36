import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import { base, type FakeCloud } from './fake-cloud.js'

/** A fake cloud on a port of this host. */
export interface Listening {
  readonly url: string
  readonly server: Server
  close(): Promise<void>
}

/** Serves a fake cloud over a real connection. The addresses of its catalogue become those of this server. */
export async function listen(fake: FakeCloud, tls?: SecureContextOptions & TlsOptions): Promise<Listening> {
  let url = ''
  const serve: RequestListener = (request, response) => {
    const answer = async (): Promise<void> => {
      const body = await bodyOf(request)
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)])
      const {
        status,
        headers: more,
        body: given,
      } = await fake.answer(`${base}${request.url ?? '/'}`, {
        method: request.method ?? 'GET',
        headers: Object.fromEntries(headers) as Record<string, string>,
        body,
        signal: new AbortController().signal,
      })
      const text = given === undefined ? '' : typeof given === 'string' ? given : JSON.stringify(given)
      response.writeHead(status, { 'content-type': 'application/json', ...more })
      response.end(text.replaceAll(base, url))
    }
    answer().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  }
  const server = tls === undefined ? createHttp(serve) : createHttps(tls, serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  return {
    url,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** One character a byte, so that data that are no text come through. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('latin1')
}
