import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ProxyServer } from 'httpxy'
import { closeAfterLinger, lingerAtClose } from '../clients/linger.js'
import type { Client, Lease } from '../members/router.js'
import type { HandlerSettings } from './handler-settings.js'
import type { Follower, Incoming } from './incoming.js'
import { prepareAnswer } from './heads/prepare-answer.js'
import { prepareRequest } from './heads/prepare-request.js'
import {
  brokenAnswer,
  failedAnswer,
  longAnswer,
  sendReply,
  slowAnswer,
  slowRequest,
  strangeAnswer,
  unavailable,
  type Reply,
} from './reply.js'
import { forwardTrailers } from './heads/trailers.js'

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
  #failure: Reply | undefined
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
    response.on('timeout', this.#stalled)
    settings.connections.begin(request.socket)
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
    } catch (error) {
      if (this.#failure === undefined) this.#failure = failedAnswer(error)
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
    this.#lingerIfEarly()
    this.#isAnswered = true
    // From here on a pause is the member's own affair: events are streamed for hours, with nothing in between.
    this.#lease?.connection.socket.setTimeout(0)
    this.#lease?.connection.heed(answer)
    traffic.took(this.#startedMs)
    const client = { isClosing: isClosing(), keepAliveMs: clientKeepAliveMs }
    if (!prepareAnswer(answer, this.#request, this.#response, client)) {
      this.#lease?.connection.close()
      return this.#reply(strangeAnswer)
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
    this.#lingerIfEarly()
    sendReply(this.#response, reply)
  }

  #giveBack(lease: Lease): void {
    lease.connection.close()
    lease.end()
  }

  /** Finds a member and hands the request to it. Rejects when it comes back without an answer. */
  async #handOver(library: ProxyServer<Incoming>): Promise<void> {
    const { forwarded, router, retryAfterSeconds } = this.#settings
    const refusal = prepareRequest(this.#request, forwarded, false)
    if (refusal !== undefined) return this.#reply(refusal)
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
    const failure = this.#failure ?? brokenAnswer
    if (failure === longAnswer || failure === strangeAnswer) this.#tell(failure)
    this.#reply(failure)
  }

  /** What every request to this member will meet is told to whoever runs it; what its clients alone meet is counted. */
  #tell({ status, text }: Reply): void {
    const memberId = this.#lease?.memberId
    this.#settings.warnings.warn(`${memberId} ${text}`, `member ${memberId}: ${text}: ${status}`, {
      memberId,
      status,
    })
  }

  /** The client is still sending what nobody reads any more. */
  #lingerIfEarly(): void {
    if (this.#request.complete) return
    if (!this.#response.shouldKeepAlive) lingerAtClose(this.#request.socket)
  }

  /** Nothing has moved on the client's connection for too long. The member's pauses are its own affair. */
  readonly #stalled = (socket: Socket): void => {
    const isUnread = socket.writableLength > 0
    const isUploading =
      this.#isAnswered && !this.#request.complete && this.#toMember?.writableNeedDrain !== true
    // Reset, or the kernel would go on offering what is unread for many minutes more.
    if (isUnread || isUploading) socket.resetAndDestroy()
  }

  readonly #abandon = (): void => {
    this.#toMember?.destroy()
    this.#end()
  }

  readonly #end = (): void => {
    if (this.#isOver) return
    this.#isOver = true
    this.#gone?.abort()
    const { socket, complete } = this.#request
    socket.off('close', this.#abandon)
    this.#settings.connections.end(socket)
    if (!complete && !socket.destroyed) closeAfterLinger(socket, () => this.#request.complete)
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
