import type { ServerResponse } from 'node:http'
import { ProxyServer } from 'httpxy'
import { Exchange } from './exchange.js'
import type { HandlerSettings } from './handler-settings.js'
import type { Incoming } from './incoming.js'

/** Takes requests, and tells each exchange what the library does with it. */
export class HttpHandler {
  readonly #settings: HandlerSettings
  // Without a listener for its `error` event, the library's promise for one request rejects with what went wrong with it.
  readonly #library = new ProxyServer<Incoming>()

  constructor(settings: HandlerSettings) {
    this.#settings = settings
    this.#library.on('proxyReq', (toMember, request) => request.follower?.sending(toMember))
    this.#library.on('proxyRes', (answer, request) => request.follower?.answering(answer))
    this.#library.on('end', (request) => request.follower?.answered())
  }

  handle(request: Incoming, response: ServerResponse, expectsContinue: boolean): void {
    const exchange = new Exchange({ request, response, expectsContinue, settings: this.#settings })
    request.follower = exchange
    void exchange.run(this.#library)
  }
}
