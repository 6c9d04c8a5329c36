import { createServer, type Server, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { FlotillaError, messageOf, type Address } from '@flotilla/core'
import { ignoreUpgrade } from './ignore-upgrade.js'
import { Incoming } from './incoming.js'

/** Where to listen, and who takes what comes. */
export interface ListenerOptions {
  readonly host: string
  readonly port: number
  /** How long a client's connection may be idle, milliseconds. */
  readonly keepAliveMs: number
  readonly onRequest: (request: Incoming, response: ServerResponse, expectsContinue: boolean) => void
  readonly onWebSocket: (request: Incoming, socket: Socket, head: Buffer) => void
}

/** Connections that the kernel holds while they wait to be taken; it lowers this to its own limit. */
const backlog = 4096

/** The server that clients talk to. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #server: Server<typeof Incoming>
  #listening: Promise<Address> | undefined
  #address: Address | undefined
  #isStopped = false

  constructor(options: ListenerOptions) {
    this.#options = options
    const { keepAliveMs, onRequest } = options
    // A request may take as long as its body takes to come; one that stalls is ended by the exchange's own bound.
    this.#server = createServer({
      IncomingMessage: Incoming,
      keepAliveTimeout: keepAliveMs,
      requestTimeout: 0,
      noDelay: true,
    })
    this.#server.on('request', (request, response) => onRequest(request, response, false))
    this.#server.on('checkContinue', (request, response) => onRequest(request, response, true))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Undefined until it listens. */
  get address(): Address | undefined {
    return this.#address
  }

  /** Listens once; a failure may be tried again. */
  async listen(): Promise<Address> {
    this.#listening ??= this.#start()
    try {
      return await this.#listening
    } catch (error) {
      this.#listening = undefined
      throw error
    }
  }

  /** Takes no new connections, and closes those that wait for a request. */
  stopAccepting(): void {
    this.#isStopped = true
    this.#server.close()
    this.#server.closeIdleConnections()
  }

  /** Closes every connection that is left. */
  closeAll(): void {
    this.#server.closeAllConnections()
  }

  async #start(): Promise<Address> {
    const { host, port } = this.#options
    const server = this.#server
    this.#refuseWhenStopped()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, backlog }, () => {
        server.off('error', reject)
        resolve()
      })
    }).catch((error: unknown) => {
      throw listenError(error, host, port)
    })
    // What goes wrong with a single connection from here on (no file descriptor left, say) is no reason to fall over.
    server.on('error', () => {})
    if (this.#isStopped) server.close()
    this.#refuseWhenStopped()
    const bound = server.address()
    this.#address = { host, port: typeof bound === 'object' && bound !== null ? bound.port : port }
    return this.#address
  }

  #refuseWhenStopped(): void {
    const { host, port } = this.#options
    if (this.#isStopped)
      throw new FlotillaError('closed', `listen on ${host}:${port}: closed before it began`)
  }

  #upgrade(request: Incoming, socket: Duplex, head: Buffer): void {
    if (!(socket instanceof Socket)) socket.destroy()
    else if (request.headers.upgrade?.toLowerCase() === 'websocket' && request.method === 'GET') {
      this.#options.onWebSocket(request, socket, head)
    } else ignoreUpgrade(this.#server, request, socket, head)
  }
}

function listenError(cause: unknown, host: string, port: number): FlotillaError {
  const attempted = `listen on ${host.includes(':') ? `[${host}]` : host}:${port}`
  switch (cause instanceof Error && 'code' in cause ? cause.code : undefined) {
    case 'EADDRINUSE':
      return new FlotillaError('conflict', `${attempted}: another program listens on port ${port}`, { cause })
    case 'EACCES':
      return new FlotillaError(
        'permission-denied',
        `${attempted}: this user may not listen on port ${port}`,
        { cause },
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new FlotillaError('unavailable', `${attempted}: this machine has no address ${host}`, { cause })
    default:
      return new FlotillaError('unavailable', `${attempted}: ${messageOf(cause)}`, { cause })
  }
}
