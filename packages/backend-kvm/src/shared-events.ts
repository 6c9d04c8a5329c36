import type { LifecycleEvent } from '@flotilla/libvirt'

export interface SharedEventsOptions {
  /** Listens to the hypervisor, until the signal aborts. */
  readonly open: (signal: AbortSignal) => AsyncIterable<LifecycleEvent>
  /** Called for each event, and with undefined when they break off, before anybody hears of it. */
  readonly onEvent: (event: LifecycleEvent | undefined) => void
}

type Word =
  | { readonly kind: 'event'; readonly event: LifecycleEvent }
  | { readonly kind: 'broken'; readonly error: unknown }

interface Connection {
  readonly listeners: Set<(word: Word) => void>
  readonly ending: AbortController
}

/** More than this waiting for a slow listener is no more news than the last of it. */
const longestQueue = 1000

/**
 * A hypervisor's events, asked for once for all who listen. Everybody who listens is told when they break off; whoever
 * then listens anew asks again.
 */
export class SharedEvents {
  readonly #options: SharedEventsOptions
  #connection: Connection | undefined

  constructor(options: SharedEventsOptions) {
    this.#options = options
  }

  /**
   * Every event, until the signal aborts; then it ends, without an error.
   *
   * @throws what broke the events off
   */
  async *listen(signal: AbortSignal): AsyncGenerator<LifecycleEvent, void> {
    if (signal.aborted) return
    const queue: Word[] = []
    let wake: (() => void) | undefined
    const wakeUp = (): void => wake?.()
    const leave = this.#join((word) => {
      if (queue.length >= longestQueue) queue.shift()
      queue.push(word)
      wakeUp()
    })
    signal.addEventListener('abort', wakeUp)
    try {
      while (!signal.aborted) {
        const word = queue.shift()
        if (word === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        } else if (word.kind === 'broken') throw word.error
        else yield word.event
      }
    } finally {
      signal.removeEventListener('abort', wakeUp)
      leave()
    }
  }

  #join(listener: (word: Word) => void): () => void {
    const connection = this.#connection ?? this.#connect()
    connection.listeners.add(listener)
    return () => {
      connection.listeners.delete(listener)
      if (connection.listeners.size > 0) return
      connection.ending.abort()
      if (this.#connection === connection) this.#connection = undefined
    }
  }

  #connect(): Connection {
    const connection: Connection = { listeners: new Set(), ending: new AbortController() }
    this.#connection = connection
    void this.#follow(connection)
    return connection
  }

  async #follow(connection: Connection): Promise<void> {
    const { open, onEvent } = this.#options
    let error: unknown = new Error('libvirt ended its events')
    try {
      for await (const event of open(connection.ending.signal)) {
        onEvent(event)
        tell(connection, { kind: 'event', event })
      }
    } catch (thrown) {
      error = thrown
    }
    if (this.#connection === connection) this.#connection = undefined
    connection.ending.abort()
    onEvent(undefined)
    tell(connection, { kind: 'broken', error })
  }
}

function tell({ listeners }: Connection, word: Word): void {
  for (const listener of listeners) listener(word)
}
