import type { Token } from '../auth/token.js'
import type { TokenKeeper } from '../auth/token-keeper.js'
import { endpointOf } from '../catalog/catalog.js'
import { fillIn, overrideOf } from '../catalog/endpoint-override.js'
import { officialType } from '../catalog/service-types.js'
import type { CloudSettings } from '../config/settings.js'
import { discover, type Discovered } from '../discovery/discover.js'
import { capped, negotiate, type MicroversionRange } from '../discovery/microversion.js'
import { requestIdOf } from '../http/answer.js'
import type { Engine } from '../http/engine.js'
import { sendCall } from '../http/http-call.js'
import { jsonOf } from '../http/json-body.js'
import { headersOf, urlOf } from '../http/request-parts.js'
import { OpenStackError } from '../openstack-error.js'
import type { ApiReply, ApiRequest, CallOptions, ServiceCalls } from './request.js'
import { readDocument } from '../discovery/read-document.js'
import { untilAborted, within } from '../time/within.js'

/** Sends calls to the services of one cloud as one user. It adds token, address and microversion. */
export class Session {
  readonly #engine: Engine
  readonly #settings: CloudSettings
  readonly #keeper: TokenKeeper
  readonly #discoveries = new Map<string, Promise<Discovered>>()

  constructor(engine: Engine, settings: CloudSettings, keeper: TokenKeeper) {
    this.#engine = engine
    this.#settings = settings
    this.#keeper = keeper
  }

  /** The calls of one service, by its type or a former name of it. */
  service(type: string): ServiceCalls {
    const service = officialType(type)
    return {
      request: (request) => this.#request(service, request),
      microversions: (options) => this.#microversions(service, options),
    }
  }

  /** The token in force. */
  token({ signal, timeoutMs = this.#engine.timeoutMs }: CallOptions = {}): Promise<Token> {
    return this.#within('identity', 'authenticate', timeoutMs, signal, false, (bound) =>
      this.#keeper.get(bound),
    )
  }

  #request(service: string, request: ApiRequest): Promise<ApiReply> {
    const { signal, what, timeoutMs = this.#engine.timeoutMs } = request
    const repeatable = request.repeatable ?? !/^(POST|PATCH)$/.test(request.method)
    const endsAt = this.#engine.clock.monotonic() + timeoutMs
    return this.#within(service, what, timeoutMs, signal, !repeatable, async (bound) => {
      let [mayRenew, mayRediscover] = [true, true]
      for (;;) {
        const token = await this.#keeper.get(bound)
        try {
          return await this.#once(service, request, token, { repeatable, endsAt, signal: bound })
        } catch (error) {
          const status = error instanceof OpenStackError ? error.status : undefined
          if (status === 401 && mayRenew) {
            // The token was revoked or ended early. Nothing was done.
            mayRenew = false
            this.#keeper.reject(token)
          } else if (status === 406 && mayRediscover && request.microversion !== undefined) {
            // The service was replaced by an older version.
            mayRediscover = false
            this.#discoveries.delete(service)
          } else {
            throw error
          }
        }
      }
    })
  }

  async #once(service: string, request: ApiRequest, token: Token, sent: Sent): Promise<ApiReply> {
    const { what, method, microversion: known, json, patch, stream } = request
    const { url, microversions: offered } = await this.#discovered(service, token, sent.signal)
    const cap = overrideOf(this.#settings.microversions, service)
    const microversion = known === undefined ? undefined : negotiate({ service, what, offered, known, cap })
    const made = isMaker(json) ? json(microversion) : (json ?? patch)
    const body = made === undefined ? stream?.open : JSON.stringify(made)
    const answer = await sendCall(this.#engine, {
      service,
      what,
      method,
      url: urlOf(url, request.path, request.query),
      headers: headersOf({ request, service, microversion, token, userAgent: this.#engine.userAgent }),
      body,
      attemptTimeoutMs: request.attemptTimeoutMs ?? this.#engine.attemptTimeoutMs,
      ...sent,
    })
    const { expects } = request
    const maybeDone = !sent.repeatable
    return {
      status: answer.status,
      headers: answer.headers,
      body: jsonOf(answer, { service, what, expects, maybeDone }),
      requestId: requestIdOf(answer),
      microversion,
    }
  }

  #microversions(service: string, options: CallOptions = {}): Promise<MicroversionRange | undefined> {
    const { signal, timeoutMs = this.#engine.timeoutMs } = options
    return this.#within(service, 'read its versions', timeoutMs, signal, false, async (bound) => {
      const { microversions } = await this.#discovered(service, await this.#keeper.get(bound), bound)
      const cap = overrideOf(this.#settings.microversions, service)
      return microversions === undefined || cap === undefined ? microversions : capped(microversions, cap)
    })
  }

  /** Discovers a service once, however many calls wait for it. */
  #discovered(service: string, token: Token, signal: AbortSignal): Promise<Discovered> {
    let found = this.#discoveries.get(service)
    if (found === undefined) {
      const fresh = discover(service, this.#endpoint(service, token), (url) =>
        readDocument(this.#engine, { service, url, token }),
      )
      found = fresh
      this.#discoveries.set(service, fresh)
      fresh.catch(() => {
        if (this.#discoveries.get(service) === fresh) this.#discoveries.delete(service)
      })
    }
    return untilAborted(found, signal)
  }

  #endpoint(service: string, { catalog, facts }: Token): string {
    const { region, interfaces, endpoints, interfacesOf, regionsOf } = this.#settings
    const override = overrideOf(endpoints, service)
    const choice = {
      interfaces: overrideOf(interfacesOf, service) ?? interfaces,
      region: overrideOf(regionsOf, service) ?? region,
    }
    return fillIn(override ?? endpointOf(catalog, service, choice), facts.projectId)
  }

  #within<T>(
    service: string,
    what: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    maybeDone: boolean,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, closed } = this.#engine
    const bounds = {
      clock,
      timeoutMs,
      signals: [closed, signal],
      what: `${service}: ${what}`,
      maybeDone,
      service,
    }
    return within(bounds, work)
  }
}

interface Sent {
  readonly repeatable: boolean
  readonly endsAt: number
  readonly signal: AbortSignal
}

const isMaker = (json: unknown): json is (microversion: string | undefined) => unknown =>
  typeof json === 'function'
