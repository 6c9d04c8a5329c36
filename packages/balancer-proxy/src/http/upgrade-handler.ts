import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { createProxyServer } from 'httpxy'
import type { HandlerSettings } from './handler-settings.js'
import { failedAnswer, slowAnswer } from './reply.js'
import { Tunnel } from './tunnel.js'

/** Takes WebSocket handshakes, and tells each tunnel what the library does with it. */
export class UpgradeHandler {
  readonly #settings: HandlerSettings
  readonly #library = createProxyServer()
  readonly #tunnels = new Map<IncomingMessage, Tunnel>()

  constructor(settings: HandlerSettings) {
    this.#settings = settings
    this.#library.on('proxyReqWs', (toMember, request) => this.#tunnels.get(request)?.sending(toMember))
    // With a listener the library reports before it closes the client's socket, so that an answer can still be written.
    this.#library.on('error', (error, request) => {
      if (request === undefined) return
      const isLate = 'code' in error && error.code === 'ERR_UPSTREAM_UPGRADE_TIMEOUT'
      this.#tunnels.get(request)?.fail(isLate ? slowAnswer : failedAnswer(error))
    })
  }

  handle(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const tunnel = new Tunnel({ request, socket, settings: this.#settings })
    this.#tunnels.set(request, tunnel)
    socket.once('close', () => this.#tunnels.delete(request))
    void tunnel.run(this.#library, head)
  }

  /** Ends every tunnel without ceremony. */
  cut(): void {
    for (const tunnel of this.#tunnels.values()) tunnel.cut()
  }
}
