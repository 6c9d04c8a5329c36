import type { LifecycleEvent } from '../domain-types.js'
import { LibvirtError } from '../libvirt-error.js'
import { lifecycleMessage, readLifecycleMessage, registerLifecycle } from '../procedures/event-procedures.js'
import { callProcedure } from '../session/call-procedure.js'
import type { Session } from '../session/session.js'
import { EventQueue } from './event-queue.js'

/** VIR_ERR_INVALID_ARG: of this call, whose arguments never change, it says that there is a registration already. */
const alreadyRegistered = 8

/**
 * One registration at the daemon for all readers of this connection, made again with every session, and kept for as
 * long as that lasts: the daemon works on calls of one connection side by side, so a registration asked for while the
 * one before it is being taken away may be refused, and then there is none.
 */
export class LifecycleEvents {
  readonly #timeoutMs: number
  readonly #queues = new Set<EventQueue>()
  #registration: { readonly session: Session; readonly made: Promise<void> } | undefined
  #isClosed = false

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** @param session - of now; undefined while the connection is lost: it registers when it is back */
  async *read(session: () => Session | undefined, signal: AbortSignal): AsyncGenerator<LifecycleEvent> {
    if (signal.aborted || this.#isClosed) return
    const queue = new EventQueue()
    const stop = (): void => queue.end()
    signal.addEventListener('abort', stop, { once: true })
    this.#queues.add(queue)
    try {
      const now = session()
      // Not waited for: an abort, or a lost connection, must not have to wait for the daemon.
      if (now !== undefined) void this.#begin(now, [queue])
      for (;;) {
        const event = await queue.next()
        // The reader has left: events from before the abort are dropped.
        if (event === undefined || signal.aborted) return
        yield event
      }
    } finally {
      signal.removeEventListener('abort', stop)
      this.#queues.delete(queue)
    }
  }

  onMessage(procedure: number, payload: Buffer): void {
    if (procedure !== lifecycleMessage) return
    const { domain, event, detail } = readLifecycleMessage(payload)
    for (const queue of this.#queues) queue.push({ kind: 'lifecycle', domain, event, detail })
  }

  onReconnect(session: Session): void {
    if (this.#queues.size > 0) void this.#begin(session, this.#queues)
  }

  close(): void {
    this.#isClosed = true
    for (const queue of this.#queues) queue.end()
  }

  /** Tells the readers once events flow, so that what they look up afterwards is complete. */
  async #begin(session: Session, queues: Iterable<EventQueue>): Promise<void> {
    try {
      await this.#register(session)
      for (const queue of queues) queue.push({ kind: 'listening' })
    } catch (error) {
      // A lost connection is no refusal: the next session registers again.
      if (error instanceof LibvirtError && error.kind === 'connection') return
      for (const queue of queues) queue.fail(error)
    }
  }

  async #register(session: Session): Promise<void> {
    if (this.#registration?.session !== session)
      this.#registration = { session, made: register(session, this.#timeoutMs) }
    const { made } = this.#registration
    try {
      await made
    } catch (error) {
      if (this.#registration?.made === made) this.#registration = undefined
      throw error
    }
  }
}

async function register(session: Session, timeoutMs: number): Promise<void> {
  try {
    await callProcedure(session, registerLifecycle, [], { timeoutMs })
  } catch (error) {
    // The answer to an attempt before this one came too late.
    if (!(error instanceof LibvirtError && error.kind === 'libvirt' && error.code === alreadyRegistered))
      throw error
  }
}
