import type { LifecycleEvent } from '../domain-types.js'
import { LibvirtError } from '../libvirt-error.js'
import {
  deregisterLifecycle,
  lifecycleMessage,
  readLifecycleMessage,
  registerLifecycle,
} from '../procedures/event-procedures.js'
import { callProcedure } from '../session/call-procedure.js'
import type { Session } from '../session/session.js'
import { EventQueue } from './event-queue.js'

/** One registration at the daemon for all readers of this connection, made again with every session. */
export class LifecycleEvents {
  readonly #timeoutMs: number
  readonly #queues = new Set<EventQueue>()
  #registration: { readonly session: Session; readonly callbackId: Promise<number> } | undefined
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
      if (now !== undefined) this.#register(now).catch((error: unknown) => refuse(queue, error))
      for (;;) {
        const event = await queue.next()
        // What came before the abort is of no use to one who has left.
        if (event === undefined || signal.aborted) return
        yield event
      }
    } finally {
      signal.removeEventListener('abort', stop)
      this.#queues.delete(queue)
      if (this.#queues.size === 0) this.#deregister()
    }
  }

  onMessage(procedure: number, payload: Buffer): void {
    if (procedure !== lifecycleMessage) return
    const { domain, event, detail } = readLifecycleMessage(payload)
    for (const queue of this.#queues) queue.push({ kind: 'lifecycle', domain, event, detail })
  }

  /** Tells the readers once events flow again, so that what they look up afterwards is complete. */
  onReconnect(session: Session): void {
    if (this.#queues.size === 0) return
    void this.#resume(session)
  }

  async #resume(session: Session): Promise<void> {
    try {
      await this.#register(session)
      for (const queue of this.#queues) queue.push({ kind: 'reconnected' })
    } catch (error) {
      for (const queue of this.#queues) refuse(queue, error)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const queue of this.#queues) queue.end()
  }

  async #register(session: Session): Promise<void> {
    if (this.#registration?.session !== session) {
      const callbackId = callProcedure(session, registerLifecycle, [], { timeoutMs: this.#timeoutMs })
      this.#registration = { session, callbackId }
    }
    const { callbackId } = this.#registration
    try {
      await callbackId
    } catch (error) {
      if (this.#registration?.callbackId === callbackId) this.#registration = undefined
      throw error
    }
  }

  #deregister(): void {
    const { session, callbackId } = this.#registration ?? {}
    this.#registration = undefined
    if (session === undefined || callbackId === undefined || session.ended !== undefined) return
    callbackId
      .then((id) => callProcedure(session, deregisterLifecycle, [id], { timeoutMs: this.#timeoutMs }))
      // Its only loss is a message now and then that nobody reads.
      .catch(() => {})
  }
}

/** A lost connection is no refusal: the next session registers again. */
function refuse(queue: EventQueue, error: unknown): void {
  if (error instanceof LibvirtError && error.kind === 'connection') return
  queue.fail(error)
}
