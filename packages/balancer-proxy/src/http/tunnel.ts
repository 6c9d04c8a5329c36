import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { ProxyServer } from 'httpxy'
import type { Client, Lease } from '../members/router.js'
import type { HandlerSettings } from './handler-settings.js'
import { prepareRequest } from './heads/prepare-request.js'
import { failedAnswer, sendRawReply, unavailable, type Reply } from './reply.js'

/** What a tunnel is about. */
export interface TunnelOptions {
  readonly request: IncomingMessage
  readonly socket: Socket
  readonly settings: HandlerSettings
}

/** One WebSocket, from its handshake to the end of both connections. In flight all the while. */
export class Tunnel implements Client {
  readonly #request: IncomingMessage
  readonly #socket: Socket
  readonly #settings: HandlerSettings
  readonly #startedMs: number
  readonly #gone = new AbortController()
  #lease: Lease | undefined
  #isAnswered = false

  constructor({ request, socket, settings }: TunnelOptions) {
    this.#request = request
    this.#socket = socket
    this.#settings = settings
    this.#startedMs = settings.traffic.begin()
    // Nobody else listens while a member is sought.
    socket.on('error', () => socket.destroy())
    // Nor does anything read from it until the handshake is answered.
    socket.once('end', () => {
      if (!this.#isAnswered) socket.destroy()
    })
    socket.once('close', this.#end)
    settings.connections.begin(socket)
  }

  get isGone(): boolean {
    return this.#gone.signal.aborted
  }

  goneSignal(): AbortSignal {
    return this.#gone.signal
  }

  /** Sees the WebSocket through. Never rejects. */
  async run(library: ProxyServer, head: Buffer): Promise<void> {
    try {
      await this.#handOver(library, head)
    } catch (error) {
      this.fail(failedAnswer(error))
    }
  }

  /** The handshake is about to go out. */
  sending(toMember: ClientRequest): void {
    toMember.once('upgrade', (_, upstream: Socket) => {
      this.#answered(101)
      // The library passes on an orderly end of either side; these pass on any other.
      upstream.once('close', () => {
        this.#lease?.end()
        this.#socket.destroySoon()
      })
      this.#socket.once('close', () => upstream.destroy())
    })
    toMember.once('response', (answer) => {
      this.#lease?.connection.heed(answer)
      this.#answered(answer.statusCode ?? 0)
    })
  }

  /** Called by the library's events just before it closes the client's socket. */
  fail(reply: Reply): void {
    this.#lease?.connection.close()
    if (!this.#isAnswered) this.#reply(reply)
  }

  /** Ends it without ceremony. */
  cut(): void {
    this.#socket.destroy()
  }

  /** Finds a member and hands the handshake to it. */
  async #handOver(library: ProxyServer, head: Buffer): Promise<void> {
    const { forwarded, router, retryAfterSeconds, responseTimeoutMs } = this.#settings
    const refusal = prepareRequest(this.#request, forwarded, true)
    if (refusal !== undefined) return this.#reply(refusal)
    const lease = await router.acquire(this)
    if (typeof lease === 'string') return this.#reply(unavailable(lease, retryAfterSeconds))
    this.#lease = lease
    if (this.isGone) {
      lease.connection.close()
      return lease.end()
    }
    const options = { target: lease.target, agent: lease.connection, upgradeTimeout: responseTimeoutMs }
    await library.ws(this.#request, this.#socket, options, head)
  }

  #answered(status: number): void {
    this.#isAnswered = true
    this.#settings.traffic.took(this.#startedMs)
    this.#settings.traffic.answered(status)
  }

  #reply(reply: Reply): void {
    this.#isAnswered = true
    this.#settings.traffic.answered(reply.status)
    sendRawReply(this.#socket, reply)
  }

  readonly #end = (): void => {
    this.#gone.abort()
    if (!this.#isAnswered) this.#lease?.connection.close()
    this.#lease?.end()
    this.#settings.traffic.end()
  }
}
