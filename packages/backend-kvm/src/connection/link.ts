import { FlotillaError, type CallOptions, type Clock, type ErrorCode } from '@flotilla/core'
import { untilAborted, withDeadline } from '@flotilla/core/authoring'
import type { Hypervisor, LifecycleEvent } from '@flotilla/libvirt'
import { fromLibvirt, withoutCredentials } from '../errors.js'
import { hostMark } from '../names.js'
import { elementsAt, parseXml } from '../xml/xml.js'
import { isLocalUri } from './uri.js'

/** One step of a launch, a removal or a sweep: its name for errors, and its signal. */
export interface Step extends CallOptions {
  /** Such as `launch flotilla.web.7: start the domain`. */
  readonly what: string
}

/** One call of libvirt. */
export interface Question extends Step {
  /** The code of an answer that says nothing clearer. */
  readonly otherwise?: ErrorCode | undefined
  readonly timeoutMs?: number | undefined
  readonly instanceId?: string | undefined
}

/** The bound of one call of libvirt. */
export interface CallBound {
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

export interface LinkParts {
  readonly uri: string
  readonly connect: (uri: string) => Promise<Hypervisor>
  readonly clock: Clock
  /** Bound of one call. */
  readonly timeoutMs: number
}

/** The connection to one hypervisor: made at the first call, and again after an attempt that failed. */
export class Link {
  readonly uri: string
  /** The URI without a password, for messages. */
  readonly label: string
  readonly isLocal: boolean
  readonly clock: Clock
  readonly timeoutMs: number
  readonly #connect: LinkParts['connect']
  #connection: Promise<Hypervisor> | undefined
  #uuid: string | undefined
  /** No connection is kept any more. */
  protected isClosed = false

  constructor({ uri, connect, clock, timeoutMs }: LinkParts) {
    this.uri = uri
    this.label = withoutCredentials(uri)
    this.isLocal = isLocalUri(uri)
    this.clock = clock
    this.timeoutMs = timeoutMs
    this.#connect = connect
  }

  /** UUID of the machine that the hypervisor runs on; undefined before the first contact. */
  get uuid(): string | undefined {
    return this.#uuid
  }

  /** The part of a file's name that says on which machine it was made; undefined before the first contact. */
  get mark(): string | undefined {
    return this.#uuid === undefined ? undefined : hostMark(this.#uuid)
  }

  /** Asks within a bound, and translates what libvirt says. */
  async ask<T>(
    { what, signal, otherwise, instanceId, timeoutMs = this.timeoutMs }: Question,
    work: (hypervisor: Hypervisor, call: CallBound) => Promise<T>,
  ): Promise<T> {
    const { clock, uri } = this
    const asked = async (inner: AbortSignal): Promise<T> => {
      const hypervisor = await untilAborted(async () => this.#connected(), inner)
      return work(hypervisor, { signal: inner, timeoutMs })
    }
    try {
      return await withDeadline(asked, { clock, timeoutMs, what, signal })
    } catch (error) {
      signal.throwIfAborted()
      throw fromLibvirt(error, { what, uri, otherwise, instanceId })
    }
  }

  /**
   * Events of all domains, until the signal aborts; then it ends, without an error.
   *
   * @throws the error that broke it off
   */
  protected async *tell(signal: AbortSignal): AsyncGenerator<LifecycleEvent, void> {
    const what = 'watch'
    try {
      const hypervisor = await this.ask({ what, signal }, async (connected) => connected)
      for await (const event of hypervisor.lifecycleEvents({ signal })) yield event
    } catch (error) {
      if (!signal.aborted) throw fromLibvirt(error, { what, uri: this.uri })
    }
    if (!signal.aborted) throw new Error('libvirt ended its events')
  }

  protected async disconnect(): Promise<void> {
    await this.#connection?.then(async (hypervisor) => hypervisor.close(), nothing).catch(nothing)
  }

  async #connected(): Promise<Hypervisor> {
    this.#connection ??= this.#open()
    return this.#connection
  }

  async #open(): Promise<Hypervisor> {
    const { clock, timeoutMs, uri, label } = this
    try {
      // Shared by all who ask, so that none of their signals ends it.
      const connecting = (async () => this.#connect(uri))()
      const what = `connect to ${label}`
      const hypervisor = await withDeadline(async () => connecting, { clock, timeoutMs, what })
      if (this.isClosed) await hypervisor.close()
      else this.#uuid = await this.#identify(hypervisor)
      return hypervisor
    } catch (error) {
      this.#connection = undefined
      throw error
    }
  }

  async #identify(hypervisor: Hypervisor): Promise<string> {
    const { clock, timeoutMs } = this
    const what = `look which host ${this.label} is`
    const asked = async (signal: AbortSignal): Promise<string> =>
      hostUuidOf(await hypervisor.connectGetCapabilities({ signal, timeoutMs }))
    try {
      return await withDeadline(asked, { clock, timeoutMs, what })
    } catch (error) {
      await hypervisor.close().catch(nothing)
      throw error
    }
  }
}

const nothing = (): void => {}

/**
 * The UUID of the machine that a hypervisor runs on, from libvirt's capabilities.
 *
 * @throws FlotillaError `unsupported` when it has none
 */
function hostUuidOf(capabilities: string): string {
  const root = parseXml(capabilities, "read a hypervisor's capabilities")
  const uuid = elementsAt(root, 'host', 'uuid')[0]?.textContent?.trim().toLowerCase() ?? ''
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) return uuid
  const message = 'this hypervisor tells no UUID of its host: set host_uuid in its libvirtd.conf'
  throw new FlotillaError('unsupported', message)
}
