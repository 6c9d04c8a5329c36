import { FlotillaError, type CallOptions, type Clock } from '@flotilla/core'
import { BoundedQueue } from '@flotilla/core/authoring'
import type { EngineEvent } from '@flotilla/docker-engine'

export interface SharedEventsOptions {
  /** Connects to the engine's events. */
  readonly open: (call: CallOptions) => Promise<AsyncIterable<EngineEvent>>
  /** Rejects when the engine does not answer. */
  readonly ping: (call: CallOptions) => Promise<void>
  readonly clock: Clock
  /** Called for each event, and with undefined once connected, before the listeners. */
  readonly onEvent: (event: EngineEvent | undefined) => void
  /** From one ping to the next. */
  readonly pingMs: number
  /** The error of a connection that broke, as ours. */
  readonly translate: (error: unknown) => FlotillaError
}

/** A listener is given undefined once connected, then every event. */
type Listener = BoundedQueue<EngineEvent | undefined>

interface Connection {
  readonly listeners: Set<Listener>
  readonly ending: AbortController
  isConnected: boolean
}

/**
 * The engine's events, over one connection for all who listen. Everybody who listens is told when the connection breaks;
 * whoever then listens anew opens another.
 */
export class SharedEvents {
  readonly #options: SharedEventsOptions
  #connection: Connection | undefined

  constructor(options: SharedEventsOptions) {
    this.#options = options
  }

  /**
   * First undefined, once connected: what happened before is for the listener to find out. Then every event, until the
   * signal aborts; then it ends, without an error.
   *
   * @throws what broke the connection
   */
  async *listen(signal: AbortSignal): AsyncGenerator<EngineEvent | undefined, void> {
    if (signal.aborted) return
    const queue = new BoundedQueue<EngineEvent | undefined>({ signal })
    const leave = this.#join(queue)
    try {
      yield* queue
    } finally {
      leave()
    }
  }

  #join(listener: Listener): () => void {
    const connection = this.#connection ?? this.#connect()
    connection.listeners.add(listener)
    if (connection.isConnected) listener.push(undefined)
    return () => {
      connection.listeners.delete(listener)
      if (connection.listeners.size > 0) return
      connection.ending.abort()
      if (this.#connection === connection) this.#connection = undefined
    }
  }

  #connect(): Connection {
    const connection: Connection = {
      listeners: new Set(),
      ending: new AbortController(),
      isConnected: false,
    }
    this.#connection = connection
    void this.#run(connection)
    return connection
  }

  async #run(connection: Connection): Promise<void> {
    const error = await this.#follow(connection)
    if (this.#connection === connection) this.#connection = undefined
    connection.ending.abort()
    for (const listener of connection.listeners) listener.fail(error)
  }

  /** Passes events on until the connection breaks, and gives what broke it. */
  async #follow(connection: Connection): Promise<unknown> {
    const { open, onEvent, translate } = this.#options
    const { signal } = connection.ending
    try {
      const events = await open({ signal })
      connection.isConnected = true
      onEvent(undefined)
      tell(connection, undefined)
      const lost = this.#untilSilent(signal)
      const over = (async () => {
        for await (const event of events) {
          onEvent(event)
          tell(connection, event)
        }
        return new FlotillaError('unavailable', 'watch: Docker ended its events; is the daemon going down?')
      })()
      return await Promise.race([over, lost])
    } catch (error) {
      return translate(error)
    }
  }

  /** Pings: a connection whose far end vanished without a word stays open for ever. Gives what the ping met. */
  async #untilSilent(signal: AbortSignal): Promise<unknown> {
    const { clock, ping, pingMs } = this.#options
    try {
      for (;;) {
        await clock.sleep(pingMs, { signal })
        await ping({ signal })
      }
    } catch (error) {
      return error
    }
  }
}

function tell({ listeners }: Connection, event: EngineEvent | undefined): void {
  for (const listener of listeners) listener.push(event)
}
