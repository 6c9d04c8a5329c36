import { randomUUID } from 'node:crypto'
import { FakeHttp, type FakeAnswer } from './fake-http.js'
import { novaRoutes, type FakeServer } from './fake-nova.js'
import { neutronRoutes } from './fake-neutron.js'

export interface FakePort {
  readonly id: string
  readonly name: string
  readonly networkId: string
  readonly address: string
  readonly securityGroups: readonly string[]
  readonly body: Readonly<Record<string, unknown>>
  deviceId: string
  readonly createdMs: number
  /** Default: that of the token. */
  readonly projectId?: string
}

export interface FakeFloatingIp {
  readonly id: string
  readonly address: string
  portId: string
  description: string
  readonly createdMs: number
}

/** A cloud in this process: Keystone, Nova, Glance and Neutron with state, over HTTP. */
export class FakeCloud {
  readonly http: FakeHttp = new FakeHttp()
  readonly servers = new Map<string, FakeServer>()
  /** What a list of changes says of those that are gone. */
  readonly deleted: FakeServer[] = []
  readonly ports = new Map<string, FakePort>()
  readonly floatingIps = new Map<string, FakeFloatingIp>()
  readonly tokens = new Set<string>()
  /** The cloud's clock, and how far one of its hosts is from it when it stamps a change. */
  now: () => number = Date.now
  skewMs: () => number = () => 0
  maxMicroversion = '2.93'
  /** From the create to ACTIVE; `Infinity` hangs in BUILD. */
  buildMs = 0
  /** From the create until a list by tags shows it. */
  scheduleMs = 0
  /** From the delete to the 404. */
  deleteMs = 0
  /** A create beyond the quota is taken on, and comes to ERROR: of several at one time, Nova finds it so. */
  findsQuotaLate = false
  /** A deleted server is kept to be restored; and whether only an admin may end that. */
  softDeletes = false
  refusesForce = false
  /** What every server has written to its console. */
  console = ''
  /** So many deletes are taken on and come to nothing. */
  forgottenDeletes = 0
  quota = { instances: 100, cores: 1000, ram: 1_000_000 }
  /** Servers that fit in a zone. */
  room: Readonly<Record<string, number>> = {}
  isAdmin = true
  images: { id: string; name: string; created_at: string; status: string; [property: string]: string }[] = [
    image('web', '2026-01-01T00:00:00Z'),
  ]
  readonly flavors = [{ id: '1', name: 'm1.tiny', vcpus: 2, ram: 512, disk: 1 }]
  readonly networks = ['net', 'public'].map((name) => ({ id: randomUUID(), name }))
  readonly subnets = [{ id: randomUUID(), name: 'sub' }]
  readonly securityGroups: { id: string; name: string; project_id?: string }[] = [
    { id: randomUUID(), name: 'web-sg' },
  ]
  readonly serverGroups = [{ id: randomUUID(), name: 'apart', policy: 'anti-affinity', members: [] }]
  #made = 0

  static async open(): Promise<FakeCloud> {
    const fake = new FakeCloud()
    await fake.http.listen()
    return fake
  }

  constructor() {
    this.http.guard = ({ path, headers }) => {
      if (path.startsWith('/identity')) return undefined
      if (this.tokens.has(String(headers['x-auth-token']))) return undefined
      return { status: 401, body: { error: { code: 401, message: 'unauthorized' } } }
    }
    this.http.on('token', 'POST', /^\/identity\/v3\/auth\/tokens$/, () => this.#token())
    this.http.on('identity', 'GET', /^\/identity\/?(v3\/?)?$/, () => ({
      status: 300,
      body: {
        versions: {
          values: [
            {
              id: 'v3.14',
              status: 'stable',
              links: [{ rel: 'self', href: `${this.http.url}/identity/v3/` }],
            },
          ],
        },
      },
    }))
    this.http.on('images', 'GET', /^\/image\/v2\/images$/, ({ query }) => ({
      status: 200,
      body: {
        images: this.images
          .filter((one) => [...query].every(([key, value]) => !(key in one) || one[key] === value))
          .toSorted((a, b) => b.created_at.localeCompare(a.created_at)),
      },
    }))
    this.http.on('imageRoot', 'GET', /^\/image\/?$/, () => ({
      status: 300,
      body: {
        versions: [
          { id: 'v2.15', status: 'CURRENT', links: [{ rel: 'self', href: `${this.http.url}/image/v2/` }] },
        ],
      },
    }))
    novaRoutes(this)
    neutronRoutes(this)
  }

  address(): string {
    this.#made += 1
    return `10.0.${this.#made >> 8}.${this.#made & 255}`
  }

  #token(): FakeAnswer {
    const value = `token-${randomUUID()}`
    this.tokens.add(value)
    const service = (type: string, path: string): object => ({
      type,
      name: type,
      id: type,
      endpoints: [
        { interface: 'public', region: 'one', region_id: 'one', id: type, url: this.http.url + path },
      ],
    })
    return {
      status: 201,
      headers: { 'x-subject-token': value },
      body: {
        token: {
          methods: ['password'],
          user: { id: 'u', name: 'autoscaler', domain: { id: 'default', name: 'Default' } },
          project: { id: 'p', name: 'lab', domain: { id: 'default', name: 'Default' } },
          roles: [{ id: 'm', name: 'member' }],
          issued_at: new Date().toISOString(),
          expires_at: new Date(Date.now() + 3_600_000).toISOString(),
          catalog: [
            service('identity', '/identity/v3'),
            service('compute', '/compute/v2.1'),
            service('image', '/image'),
            service('network', '/network'),
            service('load-balancer', '/load-balancer'),
          ],
        },
      },
    }
  }
}

export const image = (
  name: string,
  createdAt: string,
  properties: Readonly<Record<string, string>> = {},
): FakeCloud['images'][number] => ({
  id: randomUUID(),
  name,
  created_at: createdAt,
  status: 'active',
  ...properties,
})
