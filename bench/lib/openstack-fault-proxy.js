import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import { ports } from '../../labs/openstack/places.js'

/**
 * What becomes of a call: it passes; it is answered with a 500 by the proxy; its connection is cut before Nova gets it, or
 * after Nova has done it, so that the reply is lost; or Nova gets a token that is none.
 *
 * @typedef {'pass' | 'error' | 'cut-before' | 'cut-after' | 'bad-token'} Fate
 */

/**
 * Stands between a client and Nova.
 *
 * @returns {Promise<{
 *   url: string,
 *   decide(fate: (method: string, path: string) => Fate): void,
 *   counts: Record<Fate, number>,
 *   close(): Promise<void>,
 * }>}
 */
export async function openFaultProxy() {
  /** @type {(method: string, path: string) => Fate} */
  let fateOf = () => 'pass'
  /** @type {Record<Fate, number>} */
  const counts = { pass: 0, error: 0, 'cut-before': 0, 'cut-after': 0, 'bad-token': 0 }
  const server = createServer((request, response) => {
    const { method = 'GET', url: path = '/', headers } = request
    const fate = fateOf(method, path)
    counts[fate] += 1
    if (fate === 'cut-before') return void request.socket.destroy()
    if (fate === 'error') {
      request.resume()
      return void response.writeHead(500, { 'content-type': 'application/json' }).end('{"code": 500}')
    }
    const given = fate === 'bad-token' ? { ...headers, 'x-auth-token': 'none' } : headers
    const upstream = send(
      { host: '127.0.0.1', port: ports.compute, method, path, headers: given },
      (answer) => {
        if (fate === 'cut-after') {
          answer.resume()
          return void answer.once('end', () => request.socket.destroy())
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    // Nova is down: so is the proxy, as far as the client can tell.
    upstream.once('error', () => request.socket.destroy())
    request.pipe(upstream)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}/v2.1`,
    decide: (fate) => {
      fateOf = fate
    },
    counts,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** @param {string} method @param {string} path */
export const isCreate = (method, path) => method === 'POST' && path.endsWith('/servers')

/** @param {string} method @param {string} path */
export const isDelete = (method, path) => method === 'DELETE' && /\/servers\/[^/]+$/.test(path)
