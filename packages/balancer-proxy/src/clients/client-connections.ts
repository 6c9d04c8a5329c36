import type { Socket } from 'node:net'
import { WaitingConnections } from './waiting-connections.js'

/** How many connections clients may have. */
export interface ConnectionBounds {
  /** All of them together. */
  readonly max: number
  /** Those from one address. */
  readonly maxPerClient: number
}

/** All connections from one address. */
interface Client {
  readonly address: string
  count: number
  readonly waiting: WaitingConnections<ClientConnection>
}

/** One connection and what is known of it. */
export interface ClientConnection {
  readonly socket: Socket
  readonly client: Client
  /** Requests on it that are not over. */
  requestCount: number
  /** Whether it ever brought a whole request. */
  isProven: boolean
}

/** Why a connection got no room. */
export type Crowded = 'all' | 'client'

/**
 * The connections of clients, within their bounds. Where there is no room for a new one, the connection goes that has
 * waited longest for a whole request: of those that never brought one if there is any, else of the idle ones. So silent
 * and half-sent connections cannot keep others out, and one with a request under way is never closed for another.
 */
export class ClientConnections {
  readonly #bounds: ConnectionBounds
  readonly #connections = new Map<Socket, ClientConnection>()
  readonly #clients = new Map<string, Client>()
  readonly #waiting = new WaitingConnections<ClientConnection>()
  readonly #onEvict: () => void

  /** @param onEvict - told when one was closed to make room */
  constructor(bounds: ConnectionBounds, onEvict: () => void = () => {}) {
    this.#bounds = bounds
    this.#onEvict = onEvict
  }

  get count(): number {
    return this.#connections.size
  }

  /** Takes a connection in; where there is no room and none can be made, says what is full and takes no notice of it. */
  admit(socket: Socket): Crowded | undefined {
    // One that asked for another protocol comes to the server a second time.
    if (this.#connections.has(socket)) return undefined
    const address = socket.remoteAddress ?? ''
    const { max, maxPerClient } = this.#bounds
    const known = this.#clients.get(address)
    if (known !== undefined && known.count >= maxPerClient && !this.#evict(known.waiting)) return 'client'
    if (this.#connections.size >= max && !this.#evict(this.#waiting)) return 'all'
    const client = this.#clients.get(address) ?? {
      address,
      count: 0,
      waiting: new WaitingConnections<ClientConnection>(),
    }
    const connection = { socket, client, requestCount: 0, isProven: false }
    client.count += 1
    this.#clients.set(address, client)
    this.#connections.set(socket, connection)
    this.#wait(connection)
    socket.once('close', () => this.#forget(connection))
    return undefined
  }

  /** A whole request has come in on it. */
  begin(socket: Socket): void {
    const connection = this.#connections.get(socket)
    if (connection === undefined) return
    connection.requestCount += 1
    this.#unwait(connection)
    connection.isProven = true
  }

  /** One of its requests is over. */
  end(socket: Socket): void {
    const connection = this.#connections.get(socket)
    if (connection === undefined) return
    connection.requestCount -= 1
    if (connection.requestCount === 0) this.#wait(connection)
  }

  #evict(waiting: WaitingConnections<ClientConnection>): boolean {
    const oldest = waiting.oldest()
    if (oldest === undefined) return false
    // Its descriptor is free at once; its `close` event comes later.
    oldest.socket.destroy()
    this.#forget(oldest)
    this.#onEvict()
    return true
  }

  #wait(connection: ClientConnection): void {
    this.#waiting.add(connection)
    connection.client.waiting.add(connection)
  }

  #unwait(connection: ClientConnection): void {
    this.#waiting.delete(connection)
    connection.client.waiting.delete(connection)
  }

  #forget(connection: ClientConnection): void {
    if (!this.#connections.delete(connection.socket)) return
    this.#unwait(connection)
    const { client } = connection
    client.count -= 1
    if (client.count === 0) this.#clients.delete(client.address)
  }
}
