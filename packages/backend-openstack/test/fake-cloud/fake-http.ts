import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** What a fake answers; an object is sent as JSON. */
export interface FakeAnswer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A request as a route has it. */
export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly json: Readonly<Record<string, unknown>>
  /** What the route's pattern has in brackets. */
  readonly parts: readonly string[]
}

/** What goes wrong with one request; `-after` does what was asked for first. */
export type FakeFault =
  | { readonly kind: 'hang' | 'hang-after' | 'cut' | 'cut-after' }
  | { readonly kind: 'answer'; readonly answer: FakeAnswer }

interface Route {
  readonly name: string
  readonly method: string
  readonly pattern: RegExp
  readonly handle: (request: FakeRequest) => FakeAnswer
}

/** A server on loopback whose routes have names, by which they are counted and made to fail. */
export class FakeHttp {
  url = ''
  /** Names of the routes asked, in order. */
  readonly asked: string[] = []
  readonly requests: (FakeRequest & { readonly name: string })[] = []
  readonly #routes: Route[] = []
  readonly #faultReader = new Map<string, FakeFault[]>()
  readonly #server: Server
  /** The program that says this of itself in User-Agent has died: this many more of its requests come, none is answered. */
  dying: { readonly userAgent: string; requestCount: number } | undefined
  /** By route: how long it takes to do what is asked, which is done at the end of that. */
  readonly slowMs = new Map<string, number>()
  /** Looks at a request before its route does. */
  guard: (request: FakeRequest) => FakeAnswer | undefined = () => undefined

  constructor() {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://fake.test')
        const { method = 'GET', headers } = request
        const json = parsed(Buffer.concat(pieces).toString())
        const route = this.#routes.find((one) => one.method === method && one.pattern.test(url.pathname))
        const parts = (route?.pattern.exec(url.pathname) ?? []).slice(1).map(decodeURIComponent)
        const asked = { method, path: url.pathname, query: url.searchParams, headers, json, parts }
        const name = route?.name ?? 'nothing'
        this.asked.push(name)
        this.requests.push({ ...asked, name })
        const { dying } = this
        const isDying = dying !== undefined && String(headers['user-agent']).includes(dying.userAgent)
        if (isDying) dying.requestCount -= 1
        if (isDying && dying.requestCount < 0) return
        const fault = this.#faultReader.get(name)?.shift()
        if (fault?.kind === 'hang') return
        if (fault?.kind === 'cut') return void response.destroy()
        const respond = (): void => {
          const answer =
            fault?.kind === 'answer'
              ? fault.answer
              : (this.guard(asked) ??
                route?.handle(asked) ?? { status: 404, body: { message: 'no such route' } })
          if (fault?.kind === 'hang-after' || (isDying && dying.requestCount === 0)) return
          if (fault?.kind === 'cut-after') return void response.destroy()
          response.writeHead(answer.status, {
            'content-type': 'application/json',
            'x-openstack-request-id': `req-${this.asked.length}`,
            ...answer.headers,
          })
          response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
        }
        const slowMs = this.slowMs.get(name)
        if (slowMs === undefined) respond()
        else setTimeout(respond, slowMs)
      })
    })
  }

  on(name: string, method: string, pattern: RegExp, handle: Route['handle']): void {
    this.#routes.push({ name, method, pattern, handle })
  }

  /** The next request of the route, and the ones after, meet these. */
  arm(name: string, ...faults: readonly FakeFault[]): void {
    this.#faultReader.set(name, [...(this.#faultReader.get(name) ?? []), ...faults])
  }

  count(name: string): number {
    return this.asked.filter((one) => one === name).length
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

/** An error in Nova's words. */
export const novaFault = (status: number, message: string, type = 'forbidden'): FakeAnswer => ({
  status,
  body: { [type]: { code: status, message } },
})
