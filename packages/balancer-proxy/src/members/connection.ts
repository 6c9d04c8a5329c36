import { Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** How long a connection may wait for its next request, and who keeps it meanwhile. */
export interface ConnectionOptions {
  /** Longest time without a request, milliseconds; 0 keeps none. */
  readonly keepAliveMs: number
  /** Takes a connection that is free again; false when it is not wanted any more. */
  readonly keep: (connection: Connection) => boolean
}

/** A member that announces when it closes an idle connection is left before that by this much. */
const marginMs = 1000

/**
 * One open connection to a member, in the shape of an agent, which is how an HTTP client takes a socket from outside.
 * It is connected before any request sees it: a request that finds nobody listening is still whole, and can go to
 * another member.
 */
export class Connection extends Agent {
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  #announcedMs = Infinity
  #usableUntilMs = Infinity
  #bytesRead = 0

  constructor(socket: Socket, options: ConnectionOptions) {
    super({ keepAlive: true })
    this.#socket = socket
    this.#options = options
  }

  get socket(): Socket {
    return this.#socket
  }

  /** False once it is closed, has waited too long, or has said something while nobody asked. */
  isUsable(): boolean {
    return (
      this.#socket.writable &&
      !this.#socket.readableEnded &&
      this.#socket.bytesRead === this.#bytesRead &&
      performance.now() < this.#usableUntilMs
    )
  }

  /** Takes note of how long the member says it keeps the connection: `Keep-Alive: timeout=5`. */
  heed(answer: IncomingMessage): void {
    const seconds = /timeout=(\d{1,9})/.exec(String(answer.headers['keep-alive'] ?? ''))?.[1]
    this.#announcedMs = seconds === undefined ? Infinity : Number(seconds) * 1000
  }

  close(): void {
    this.#socket.destroy()
  }

  override createConnection(): Socket {
    return this.#socket
  }

  /** One socket needs one name; the default builds one from all options at every request. */
  override getName(): string {
    return ''
  }

  override keepSocketAlive(): boolean {
    const idleMs = Math.min(this.#options.keepAliveMs, this.#announcedMs - marginMs)
    if (idleMs <= 0 || !this.#options.keep(this)) return false
    this.#bytesRead = this.#socket.bytesRead
    // The timer closes it in time; the clock says so too when the event loop was too busy for the timer.
    this.#usableUntilMs = performance.now() + idleMs
    this.#socket.setTimeout(idleMs)
    return true
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    super.reuseSocket(socket, request)
    this.#socket.setTimeout(0)
  }
}
