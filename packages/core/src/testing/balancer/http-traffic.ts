import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BalancerMember } from '../../balancer.js'
import type { BalancerAnswer, BalancerUnderTest, HeldRequest } from './balancer-kit.js'

/** Where a balancer listens, and where the servers behind it can be reached. */
export interface HttpTrafficOptions {
  /** Base URL of the balancer, asked before each request: `http://127.0.0.1:8080`. */
  readonly url: () => string
  /** Where the servers listen and members point; default `127.0.0.1`. */
  readonly memberHost?: string | undefined
}

/** The part of a balancer's kit that is alike for all that speak HTTP: real servers, real requests. */
export type HttpTraffic = Pick<BalancerUnderTest, 'startMember' | 'request' | 'hold' | 'cleanup'>

const heldPath = '/held/'

/** Real HTTP servers for the members, and clients with a connection of their own for each request. */
export function httpTraffic({ url, memberHost = '127.0.0.1' }: HttpTrafficOptions): HttpTraffic {
  const servers: Server[] = []
  /** What waits for a held request to reach its member, by path. */
  const arrivals = new Map<string, (response: ServerResponse) => void>()
  return {
    async startMember(): Promise<BalancerMember> {
      const id = `member-${servers.length + 1}`
      const server = createServer((request, response) => {
        response.setHeader('x-member', id)
        const arrive = arrivals.get(request.url ?? '')
        if (arrive === undefined) response.end(id)
        else arrive(response)
      })
      servers.push(server)
      server.listen(0, memberHost)
      await once(server, 'listening')
      return { id, host: memberHost, port: (server.address() as AddressInfo).port }
    },
    request: async () => send(new URL('/', url())),
    async hold(): Promise<HeldRequest> {
      const path = heldPath + randomUUID()
      const arrived = new Promise<ServerResponse>((resolve) => {
        arrivals.set(path, resolve)
      })
      const answer = send(new URL(path, url()))
      const unheld = answer.then(({ status }) => {
        throw new Error(`the balancer answered ${status} before any member had the request`)
      })
      const response = await Promise.race([arrived, unheld])
      unheld.catch(() => {})
      return {
        memberId: String(response.getHeader('x-member')),
        release: () => void response.end('released'),
        answer,
      }
    },
    async cleanup() {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

/** Never rejects: a connection that broke is an answer with status 0. */
async function send(url: URL): Promise<BalancerAnswer> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest(url, { agent: false }, resolve).once('error', reject).end()
    })
    response.resume()
    await once(response, 'end')
    const { 'x-member': memberId, 'retry-after': retryAfter } = response.headers
    return {
      status: response.statusCode ?? 0,
      ...(memberId === undefined ? {} : { memberId: String(memberId) }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    }
  } catch {
    return { status: 0 }
  }
}
