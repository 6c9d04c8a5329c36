import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { FlotillaError, type Address, type BalancerCheck } from '@flotilla/core'
import type { ClientConnections, Crowded } from '../clients/client-connections.js'
import { ignoreUpgrade } from './ignore-upgrade.js'
import { Incoming } from '../http/incoming.js'
import { listenError, urlHost } from './listen-error.js'
import { Reach } from './reach.js'
import { badTarget, sendRawReply } from '../http/reply.js'

/** Where to listen, and who takes what comes. */
export interface ListenerOptions {
  readonly host: string
  readonly port: number
  /** How long a client's connection may be idle, milliseconds. */
  readonly keepAliveMs: number
  /** How long a client may take until its whole head is there, from its connection on, milliseconds. */
  readonly headTimeoutMs: number
  /** How long a client may neither send nor take anything while that is what is waited for, milliseconds. */
  readonly stallTimeoutMs: number
  readonly connections: ClientConnections
  readonly onRequest: (request: Incoming, response: ServerResponse, expectsContinue: boolean) => void
  readonly onWebSocket: (request: Incoming, socket: Socket, head: Buffer) => void
  /** There is no room for a connection: to be answered and closed. */
  readonly onCrowded: (socket: Socket, crowded: Crowded) => void
}

/** Connections that the kernel holds while they wait to be taken; it lowers this to its own limit. */
const backlog = 4096
/** How long a sync may look whether what was lost is back. */
const doubtMs = 2000
/** A client that vanished without a word is noticed after this long and ten seconds more. */
const keepAliveProbeMs = 60_000

const wantsWebSocket = ({ headers, method }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && method === 'GET'

/** From 24.9 on Node asks which requests to hand over as upgrades; before, it hands over all, and `ignoreUpgrade` has the others. */
const upgrades = { shouldUpgradeCallback: wantsWebSocket }

/** The server that clients talk to. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #server: Server<typeof Incoming>
  readonly #reach: Reach
  #listening: Promise<Address> | undefined
  #address: Address | undefined
  /** Why it does not listen, once it was asked to. */
  #missing: string | undefined
  #isStopped = false

  constructor(options: ListenerOptions) {
    this.#options = options
    const { keepAliveMs, headTimeoutMs, stallTimeoutMs, onRequest } = options
    this.#server = createServer({
      ...upgrades,
      IncomingMessage: Incoming,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, Math.ceil(headTimeoutMs / 4)),
      // A request may take as long as its body takes to come; one that stalls is ended by the exchange's own bound.
      requestTimeout: 0,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveProbeMs,
    })
    this.#server.timeout = stallTimeoutMs
    // What is beyond a bound on their number would be left out without a word, a Content-Length say; the head's size bounds them.
    this.#server.maxHeadersCount = 0
    this.#reach = new Reach(this.#server)
    this.#takeConnections()
    this.#server.on('request', (request, response) => onRequest(request, response, false))
    this.#server.on('checkContinue', (request, response) => onRequest(request, response, true))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#server.on('connect', (_, socket) => {
      if (socket instanceof Socket) sendRawReply(socket, badTarget)
      else socket.destroy()
    })
  }

  /** Undefined until it listens. */
  get address(): Address | undefined {
    return this.#address
  }

  /** Listens once, and again where that was lost; a failure may be tried again. */
  async listen(): Promise<Address> {
    this.#lookAtServer()
    this.#listening ??= this.#start()
    try {
      return await this.#listening
    } catch (error) {
      this.#listening = undefined
      this.#missing = error instanceof Error ? error.message : String(error)
      throw error
    }
  }

  /** Whether clients that connect come in here. What is found lost is listened for anew by the next `listen`. */
  async check(signal: AbortSignal): Promise<BalancerCheck> {
    this.#lookAtServer()
    if (this.#missing === undefined && this.#address !== undefined) await this.#lookFromOutside(signal)
    return this.#missing === undefined ? { serves: true } : { serves: false, reason: this.#missing }
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
    const { host } = this.#options
    const port = this.#address?.port ?? this.#options.port
    const server = this.#server
    this.#refuseWhenStopped()
    const isDoubted = server.listening
    // What it has goes on; the port is free for it to take again.
    if (isDoubted) server.close()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, backlog }, () => {
        server.off('error', reject)
        resolve()
      })
    }).catch(async (error: unknown) => {
      server.removeAllListeners('error')
      throw await listenError(error, host, port)
    })
    // What goes wrong with a single connection from here on (no file descriptor left, say) is no reason to fall over.
    if (server.listenerCount('error') === 0) server.on('error', () => {})
    if (this.#isStopped) server.close()
    this.#refuseWhenStopped()
    const bound = server.address()
    this.#address = { host, port: typeof bound === 'object' && bound !== null ? bound.port : port }
    this.#missing = undefined
    if (isDoubted) await this.#refuseWhenHidden()
    return this.#address
  }

  /** Somebody may have closed the server under us, or its descriptor. */
  #lookAtServer(): void {
    if (this.#address === undefined || this.#missing !== undefined || this.#server.listening) return
    this.#lost(
      `nobody listens on ${urlHost(this.#address.host)}:${this.#address.port} any more; the next sync does`,
    )
  }

  async #lookFromOutside(signal: AbortSignal): Promise<void> {
    const { address, reached } = await this.#reach.ask(this.#options.host, signal)
    if (reached === 'here' || this.#isStopped) return
    const where = `${urlHost(address)}:${this.#address?.port}`
    this.#lost(
      reached === 'nowhere'
        ? `nobody answers at ${where}, where the proxy should; the next sync listens again`
        : `another program answers at ${where}, where clients of the proxy connect; end that, or give the proxy another \`port\``,
    )
  }

  /** It was taken for lost while it listened. Listening once more may not have mended that. */
  async #refuseWhenHidden(): Promise<void> {
    await this.#lookFromOutside(AbortSignal.timeout(doubtMs))
    if (this.#missing !== undefined) throw new FlotillaError('conflict', this.#missing)
  }

  #lost(why: string): void {
    this.#listening = undefined
    this.#missing = why
  }

  /** Node's own listener reads from a connection at once, so whether there is room is looked at before it. */
  #takeConnections(): void {
    const serve = this.#server.listeners('connection')
    this.#server.removeAllListeners('connection')
    this.#server.on('connection', (socket) => {
      if (this.#reach.take(socket)) return
      const crowded = this.#options.connections.admit(socket)
      if (crowded !== undefined) return this.#options.onCrowded(socket, crowded)
      for (const listener of serve) Reflect.apply(listener, this.#server, [socket])
    })
  }

  #refuseWhenStopped(): void {
    const { host, port } = this.#options
    if (this.#isStopped)
      throw new FlotillaError('closed', `listen on ${host}:${port}: closed before it began`)
  }

  #upgrade(request: Incoming, socket: Duplex, head: Buffer): void {
    if (!(socket instanceof Socket)) socket.destroy()
    else if (wantsWebSocket(request)) {
      this.#options.onWebSocket(request, socket, head)
    } else ignoreUpgrade(this.#server, request, socket, head)
  }
}
