import type { HttpRequest, HttpResponse, Send } from '../../src/http/http-types.js'
import { recorded, type FakeAnswer } from './recorded.js'
import type { FakeRequest, Handler, Routes } from './routes.js'
import { identityRoutes, type Keystone } from './identity.js'
import { discoveryRoutes } from './discovery.js'

interface Route {
  readonly method: string
  readonly path: string | RegExp
  readonly handler: Handler
}

export const base = 'http://cloud.test'

/**
 * A cloud in this process: Keystone with tokens that end, and the recorded answers of the other services.
 * A route that is added later comes before the earlier ones; `once` ones go when they are used up.
 */
export class FakeCloud implements Routes, Keystone {
  /** All that came, in order. */
  readonly requests: FakeRequest[] = []
  /** Tokens that are good. */
  readonly tokens = new Set<string>()
  tokenLifetimeMs = 3_600_000
  /** By the cloud's clock; ours may differ. */
  now: () => number = () => Date.now()
  password = 'correct horse'
  #routes: Route[] = []

  constructor() {
    identityRoutes(this)
    discoveryRoutes(this)
  }

  /** Answers requests whose path, below the host, is this. */
  on(method: string, path: string | RegExp, handler: Handler | FakeAnswer): this {
    const answer = typeof handler === 'function' ? handler : (): FakeAnswer => handler
    this.#routes.unshift({ method, path, handler: answer })
    return this
  }

  /** Answers with these in turn, and then as before. */
  once(method: string, path: string | RegExp, ...answers: readonly (Handler | FakeAnswer)[]): this {
    const left = [...answers]
    const route: Route = {
      method,
      path,
      handler: (request) => {
        const next = left.shift()
        if (left.length === 0) this.#routes = this.#routes.filter((one) => one !== route)
        if (next === undefined) throw new Error('used up')
        return typeof next === 'function' ? next(request) : next
      },
    }
    this.#routes.unshift(route)
    return this
  }

  /** Answers with a recording. */
  replay(method: string, path: string | RegExp, name: string): this {
    return this.on(method, path, recorded(name))
  }

  /** Requests of this path and, if said, method. */
  seen(path: string | RegExp, method?: string): readonly FakeRequest[] {
    return this.requests.filter(
      (request) => matches(path, request.url.pathname) && (method === undefined || request.method === method),
    )
  }

  /** In place of `fetch`. */
  readonly send: Send = async (url, request) => {
    const answer = await this.answer(url, request)
    const { status, body, headers = {} } = answer
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const type = typeof body === 'string' ? 'text/plain' : 'application/json'
    const all = new Headers({ 'content-type': type, ...headers })
    const response: HttpResponse = { status, headers: all, text: async () => text }
    return response
  }

  async answer(url: string, { method, headers, body, signal }: HttpRequest): Promise<FakeAnswer> {
    const text = body instanceof ReadableStream ? await new Response(body).text() : (body ?? '')
    const request: FakeRequest = {
      method,
      url: new URL(url),
      headers: new Headers(headers),
      text,
      json: parsed(text),
      signal,
    }
    this.requests.push(request)
    const route = this.#routes.find((one) => one.method === method && matches(one.path, request.url.pathname))
    if (route === undefined) return recorded('err-not-found-route-404')
    const isOpen = request.url.pathname.startsWith('/identity')
    if (!isOpen && !this.tokens.has(request.headers.get('x-auth-token') ?? '')) {
      return recorded(unauthorised[request.url.pathname.split('/')[1] ?? ''] ?? 'nova-bad-token-401')
    }
    return route.handler(request)
  }
}

const unauthorised: Readonly<Record<string, string>> = {
  compute: 'nova-bad-token-401',
  network: 'neutron-bad-token-401',
  image: 'glance-bad-token-401',
  placement: 'placement-bad-token-401',
}

const matches = (path: string | RegExp, pathname: string): boolean =>
  typeof path === 'string' ? path === pathname : path.test(pathname)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export { recorded, type FakeAnswer } from './recorded.js'
export type { FakeRequest, Handler } from './routes.js'
