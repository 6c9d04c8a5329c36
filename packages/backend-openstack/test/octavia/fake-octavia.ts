import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { FakeCloud } from '../fake-cloud/fake-cloud.js'

interface FakeMember {
  readonly name: string
  readonly address: string
  readonly protocol_port: number
  readonly weight: number
}

const [poolId, balancerId, listenerId] = ['pool-1', 'lb-1', 'listener-1']

export const untouched = {
  balancer: 'ACTIVE',
  pool: 'ACTIVE',
  listener: 'ACTIVE',
  isUp: true,
  hasListener: true,
  isGone: false,
}

/** Octavia: its API over a fake cloud, and a front that spreads requests over the members by weight. */
export class FakeOctavia {
  members: readonly FakeMember[] = []
  /** What somebody has done to the things around the members. */
  status = { ...untouched }
  /** Sets put in force. */
  updateCount = 0
  readonly #front: Server
  readonly #open = new Map<ServerResponse, string>()
  #turn = 0

  constructor({ http }: FakeCloud) {
    const below = (path: string): RegExp => new RegExp(`^/load-balancer/v2(?:\\.0)?/lbaas${path}$`)
    http.on('octavia', 'GET', /^\/load-balancer\/?$/, () => ({
      status: 200,
      body: {
        versions: [
          { id: 'v2.26', status: 'CURRENT', links: [{ rel: 'self', href: `${http.url}/load-balancer/v2` }] },
        ],
      },
    }))
    const pool = { id: poolId, name: 'web', protocol: 'HTTP', loadbalancers: [{ id: balancerId }] }
    http.on('pools', 'GET', below('/pools'), () => ({ status: 200, body: { pools: [pool] } }))
    http.on('listeners', 'GET', below('/listeners'), () => ({
      status: 200,
      body: {
        listeners: [
          {
            id: listenerId,
            name: 'front',
            default_pool_id: this.status.hasListener ? poolId : null,
            protocol_port: 80,
            provisioning_status: this.status.listener,
            admin_state_up: this.status.isUp,
          },
        ],
      },
    }))
    http.on('stats', 'GET', below(`/listeners/${listenerId}/stats`), () => ({
      status: 200,
      body: { stats: { active_connections: this.#open.size } },
    }))
    http.on('loadBalancer', 'GET', below(`/loadbalancers/${balancerId}`), () => ({
      status: 200,
      body: {
        loadbalancer: { id: balancerId, name: 'lb', provisioning_status: this.status.balancer },
      },
    }))
    http.on('pool', 'GET', below(`/pools/${poolId}`), () =>
      this.status.isGone
        ? { status: 404, body: { faultstring: 'Pool pool-1 not found.', faultcode: 'Client' } }
        : { status: 200, body: { pool: { ...pool, provisioning_status: this.status.pool } } },
    )
    http.on('listMembers', 'GET', below(`/pools/${poolId}/members`), () => ({
      status: 200,
      body: { members: this.members.map((member, index) => ({ id: `m${index}`, ...member })) },
    }))
    http.on('replaceMembers', 'PUT', below(`/pools/${poolId}/members`), ({ json }) => {
      this.members = json['members'] as readonly FakeMember[]
      this.updateCount += 1
      this.#cutRemoved()
      return { status: 202 }
    })
    this.#front = createServer((request, response) => {
      const member = this.#next()
      if (member === undefined) {
        response.writeHead(503, { 'retry-after': '1' }).end()
        return
      }
      this.#open.set(response, `${member.address}:${member.protocol_port}`)
      response.on('close', () => this.#open.delete(response))
      const { address: host, protocol_port: port } = member
      const passed = httpRequest({ host, port, path: request.url, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      passed.on('error', () => response.destroy())
      response.on('close', () => passed.destroy())
      passed.end()
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#front.address() as AddressInfo).port}`
  }

  async listen(): Promise<void> {
    this.#front.listen(0, '127.0.0.1')
    await once(this.#front, 'listening')
  }

  async close(): Promise<void> {
    this.#front.closeAllConnections()
    this.#front.close()
  }

  #next(): FakeMember | undefined {
    const turns = this.members.flatMap((member) => Array.from({ length: member.weight }, () => member))
    this.#turn += 1
    return turns[this.#turn % Math.max(1, turns.length)]
  }

  #cutRemoved(): void {
    const places = new Set(this.members.map(({ address, protocol_port: port }) => `${address}:${port}`))
    for (const [response, place] of this.#open) if (!places.has(place)) response.destroy()
  }
}
