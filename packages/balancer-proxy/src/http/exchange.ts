import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { ProxyServer } from 'httpxy'
import type { Client, Lease } from '../members/router.js'
import type { HandlerSettings } from './handler-settings.js'
import type { Follower, Incoming } from './incoming.js'
import { prepareAnswer } from './prepare-answer.js'
import { prepareRequest } from './prepare-request.js'
import {
  badTarget,
  brokenAnswer,
  sendReply,
  slowAnswer,
  slowRequest,
  unavailable,
  type Reply,
} from './reply.js'
import { forwardTrailers } from './trailers.js'

/** What an exchange is about. */
export interface ExchangeOptions {
  readonly request: Incoming
  readonly response: ServerResponse
  /** The client sends no body before it is told to. */
  readonly expectsContinue: boolean
  readonly settings: HandlerSettings
}

/** One request, from its arrival to the end of its answer. */
export class Exchange implements Client, Follower {
  readonly #request: Incoming
  readonly #response: ServerResponse
  readonly #expectsContinue: boolean
  readonly #settings: HandlerSettings
  readonly #startedMs: number
  #lease: Lease | undefined
  #toMember: ClientRequest | undefined
  #failure: Reply = brokenAnswer
  #isAnswered = false
  #isOver = false
  #gone: AbortController | undefined

  constructor({ request, response, expectsContinue, settings }: ExchangeOptions) {
    this.#request = request
    this.#response = response
    this.#expectsContinue = expectsContinue
    this.#settings = settings
    this.#startedMs = settings.traffic.begin()
    response.once('close', this.#end)
    // Pipelined behind another: such a response is never told that its connection has closed.
    if (response.socket === null) {
      request.socket.setMaxListeners(0)
      request.socket.once('close', this.#abandon)
    }
  }

  get isGone(): boolean {
    return this.#isOver
  }

  goneSignal(): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.#isOver) this.#gone.abort()
    return this.#gone.signal
  }

  /** Sees the request through. Never rejects. */
  async run(library: ProxyServer<Incoming>): Promise<void> {
    try {
      await this.#handOver(library)
    } catch {
      this.#fail()
    }
  }

  sending(toMember: ClientRequest): void {
    this.#toMember = toMember
    const { responseTimeoutMs } = this.#settings
    if (this.#expectsContinue) this.#response.writeContinue()
    if (responseTimeoutMs > 0) {
      toMember.setTimeout(responseTimeoutMs, () => {
        const isWaitingForClient = !this.#request.complete && !toMember.writableNeedDrain
        this.#failure = isWaitingForClient ? slowRequest : slowAnswer
        toMember.destroy()
      })
    }
    // Most failures come through the library; an answer with another protocol, say, only closes the connection.
    toMember.once('close', this.#fail)
    forwardTrailers(this.#request, toMember)
  }

  answering(answer: IncomingMessage): void {
    const { traffic, clientKeepAliveMs, isClosing } = this.#settings
    this.#isAnswered = true
    // From here on a pause is the member's own affair: events are streamed for hours, with nothing in between.
    this.#lease?.connection.socket.setTimeout(0)
    this.#lease?.connection.heed(answer)
    traffic.took(this.#startedMs)
    const client = { isClosing: isClosing(), keepAliveMs: clientKeepAliveMs }
    if (!prepareAnswer(answer, this.#request, this.#response, client)) {
      this.#lease?.connection.close()
      return this.#reply(brokenAnswer)
    }
    traffic.answered(answer.statusCode ?? 0)
    forwardTrailers(answer, this.#response)
    process.nextTick(flushHeadSoon, this.#response)
  }

  answered(): void {
    this.#lease?.end()
  }

  #reply(reply: Reply): void {
    if (!this.#isOver) this.#settings.traffic.answered(reply.status)
    sendReply(this.#response, reply)
  }

  #giveBack(lease: Lease): void {
    lease.connection.close()
    lease.end()
  }

  /** Finds a member and hands the request to it. Rejects when it comes back without an answer. */
  async #handOver(library: ProxyServer<Incoming>): Promise<void> {
    const { forwarded, router, retryAfterSeconds } = this.#settings
    if (!prepareRequest(this.#request, forwarded)) return this.#reply(badTarget)
    const lease = await router.acquire(this)
    if (typeof lease === 'string') return this.#reply(unavailable(lease, retryAfterSeconds))
    this.#lease = lease
    if (this.#isOver) return this.#giveBack(lease)
    await library.web(this.#request, this.#response, { target: lease.target, agent: lease.connection })
  }

  readonly #fail = (): void => {
    // Once there is an answer the library ends it, or breaks it off when the member did.
    if (this.#isAnswered || this.#isOver) return
    this.#isAnswered = true
    this.#settings.traffic.took(this.#startedMs)
    this.#lease?.connection.close()
    this.#reply(this.#failure)
  }

  readonly #abandon = (): void => {
    this.#toMember?.destroy()
    this.#end()
  }

  readonly #end = (): void => {
    if (this.#isOver) return
    this.#isOver = true
    this.#gone?.abort()
    this.#request.socket.off('close', this.#abandon)
    // A client that gave up waiting counts too, or the slowest answers would be left out.
    if (this.#toMember !== undefined && !this.#isAnswered) this.#settings.traffic.took(this.#startedMs)
    this.#lease?.end()
    this.#settings.traffic.end()
  }
}

/** The body's first bytes usually come with the head: the library's pipe passes them on in this turn, and it with them. */
function flushHeadSoon(response: ServerResponse): void {
  process.nextTick(flushHead, response)
}

/** Where they do not, the head need not wait for them. */
function flushHead(response: ServerResponse): void {
  if (!response.headersSent && !response.destroyed) response.flushHeaders()
}
