import { randomUUID } from 'node:crypto'
import { CloudState } from './cloud-state.js'
import type { FakeAnswer } from './fake-http.js'
import { neutronRoutes } from './fake-neutron.js'
import { novaRoutes } from './fake-nova.js'

/** A cloud in this process: Keystone, Nova, Glance and Neutron with state, over HTTP. */
export class FakeCloud extends CloudState {
  static async open(): Promise<FakeCloud> {
    const fake = new FakeCloud()
    await fake.http.listen()
    return fake
  }

  constructor() {
    super()
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
