import { setTimeout as sleep } from 'node:timers/promises'
import { timerMaxMs } from '../check-settings.js'
import type { ConnectSettings } from '../connect-options.js'
import type { ConnectionUri } from '../connection-uri.js'
import type { CallOptions } from '../hypervisor.js'
import { LibvirtError, connectionClosed } from '../libvirt-error.js'
import { connectClose } from '../procedures/handshake-procedures.js'
import type { Call } from '../procedures/procedure.js'
import { encodeArguments, callProcedure } from './call-procedure.js'
import { openSession, type OpenSession } from './open-session.js'
import { within, type CallBound } from './pending-call.js'
import type { Session } from './session.js'
import { XdrReader } from '../wire/xdr-reader.js'

export interface ConnectionOptions {
  readonly uri: ConnectionUri
  readonly settings: ConnectSettings
  readonly onMessage: (procedure: number, payload: Buffer) => void
  /** A connection that was lost is there again. */
  readonly onReconnect: (session: Session) => void
}

const closeTimeoutMs = 1_000

/**
 * Sessions in a row: when one is lost, the next is made in the background, with pauses that grow.
 *
 *     up --lost--> waiting --pause over--> connecting --done--> up
 *                     ^------------failed------'          any --close--> closed
 *
 * A call in flight when the session is lost rejects: whether it was carried out is unknown, so it is never sent again.
 * A call made in between waits for the attempt under way, or the next, and fails with that.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #stop = new AbortController()
  #open: OpenSession | undefined
  #next: Promise<OpenSession> | undefined
  #closing: Promise<void> | undefined
  #helper: OpenSession['helper'] = 'virt-ssh-helper'

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get isUp(): boolean {
    return this.#open !== undefined
  }

  /** Undefined while the connection is lost. */
  get now(): Session | undefined {
    return this.#open?.session
  }

  get hasCorrectNetworkUpdateOrder(): boolean {
    return this.#open?.hasCorrectNetworkUpdateOrder ?? true
  }

  /** The first attempt, and the only one that a caller waits for. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    const giveUp = (): void => this.#stop.abort(signal?.reason)
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      await this.#connect()
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
  }

  readonly call: Call = async (procedure, args, options) => {
    const payload = encodeArguments(procedure, args)
    const { session, bound } = await this.session(procedure.name, options)
    return procedure.decode(new XdrReader(await session.call(procedure, payload, bound)))
  }

  /** The session of now or, while there is none, of the next attempt; with what is left of the bound. */
  async session(what: string, options: CallOptions = {}): Promise<{ session: Session; bound: CallBound }> {
    const bound = this.#bound(what, options)
    if (this.#closing !== undefined) throw connectionClosed()
    if (this.#open !== undefined) return { session: this.#open.session, bound }
    if (this.#next === undefined) throw connectionClosed()
    const since = performance.now()
    const { session } = await within(this.#next, what, bound)
    const timeoutMs = Math.max(1, Math.ceil(bound.timeoutMs - (performance.now() - since)))
    return { session, bound: { ...bound, timeoutMs } }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const session = this.#open?.session
    this.#open = undefined
    this.#stop.abort(connectionClosed())
    if (session === undefined) return
    // The daemon lets go at once when it is told; when it cannot be told, it does at the end of the connection.
    await callProcedure(session, connectClose, [], { timeoutMs: closeTimeoutMs }).catch(() => {})
    session.end(connectionClosed())
  }

  #bound(what: string, { signal, timeoutMs = this.#options.settings.timeoutMs }: CallOptions): CallBound {
    signal?.throwIfAborted()
    if (!(timeoutMs > 0))
      throw new LibvirtError(`${what}: timeoutMs is ${timeoutMs}, and must be more than 0`, {
        kind: 'invalid-argument',
      })
    return { signal, timeoutMs: Math.min(timeoutMs, timerMaxMs) }
  }

  async #connect(): Promise<OpenSession> {
    const { uri, settings, onMessage } = this.#options
    const open = await openSession({
      uri,
      settings,
      onMessage,
      helper: this.#helper,
      signal: this.#stop.signal,
      onEnd: () => {
        if (this.#open?.session.ended !== undefined) this.#lose()
      },
    })
    if (open.session.ended !== undefined) throw open.session.ended
    if (this.#closing !== undefined) {
      open.session.end(connectionClosed())
      throw connectionClosed()
    }
    this.#helper = open.helper
    this.#open = open
    this.#next = undefined
    return open
  }

  #lose(): void {
    this.#open = undefined
    this.#retry(0)
  }

  #retry(failures: number): void {
    const next = this.#afterPause(failures)
    this.#next = next
    next.then(
      ({ session }) => this.#options.onReconnect(session),
      () => {
        if (this.#closing === undefined) this.#retry(failures + 1)
      },
    )
  }

  async #afterPause(failures: number): Promise<OpenSession> {
    const { reconnectMinDelayMs, reconnectMaxDelayMs } = this.#options.settings
    const pauseMs = backoffMs(failures, reconnectMinDelayMs, reconnectMaxDelayMs, Math.random)
    const { signal } = this.#stop
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted())
    return this.#connect()
  }
}

/** Doubles from `minMs` up to `maxMs`, each time somewhere in its upper half so that clients do not come in step. */
export function backoffMs(failures: number, minMs: number, maxMs: number, random: () => number): number {
  const fullMs = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30))
  return fullMs * (0.5 + random() / 2)
}
