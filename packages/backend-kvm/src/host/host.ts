import { systemClock, type CallOptions, type Clock, type ErrorCode } from '@flotilla/core'
import { checkOptions, untilAborted, withDeadline, SharedAnswer, KeyedQueue } from '@flotilla/core/authoring'
import type { DomainRef, Hypervisor, LifecycleEvent } from '@flotilla/libvirt'
import { defaultConnect } from '../connection/default-connect.js'
import { fromLibvirt, withoutCredentials } from '../errors.js'
import { lastWordOf, type LastWord } from './event-words.js'
import { hostDefaults, hostSchema, isLocalUri, zoneOf, type KvmHostOptions } from '../options/host-options.js'
import { readUses, type HostUses } from '../removal/file-uses.js'
import { hostMark, hostUuidOf } from '../connection/host-identity.js'
import { readHostLoad, type HostLoad } from './host-load.js'
import { Inventory, type Machine } from '../inventory.js'
import { LeaseBook } from '../network/lease-book.js'
import { Reservations } from '../place/reservations.js'
import { Slots } from '../place/launch-slots.js'
import { MemoryBook } from './guest-memory.js'

/** A connection to one hypervisor, to be given to several backends: it is asked once for all of them. */
export interface KvmHost {
  readonly uri: string
  /** Ends the connection; may be called twice. The backends on it are of no use afterwards. */
  close(): Promise<void>
}

/** @throws FlotillaError `invalid-options` */
export function kvmHost(options: KvmHostOptions = {}): KvmHost {
  return openHost(options)
}

/** @throws FlotillaError `invalid-options` */
export function openHost(options: KvmHostOptions, clock: Clock = systemClock): Host {
  const given = checkOptions('kvmHost', hostSchema, options)
  const uri = given.uri ?? hostDefaults.uri
  return new Host({
    uri,
    connect: given.connect ?? defaultConnect,
    clock,
    timeoutMs: given.timeoutMs ?? hostDefaults.timeoutMs,
    listMaxAgeMs: given.listMaxAgeMs ?? hostDefaults.listMaxAgeMs,
    zone: given.zone ?? zoneOf(uri),
  })
}

export const isKvmHost = (candidate: unknown): boolean => candidate instanceof Host

export interface HostParts {
  readonly uri: string
  readonly connect: (uri: string) => Promise<Hypervisor>
  readonly clock: Clock
  readonly timeoutMs: number
  readonly listMaxAgeMs: number
  readonly zone: string | undefined
}

/** One call of libvirt. */
export interface Question extends CallOptions {
  /** For errors, such as `launch flotilla.web.7: start the domain`. */
  readonly what: string
  /** The code of an answer that says nothing clearer. */
  readonly otherwise?: ErrorCode | undefined
  readonly timeoutMs?: number | undefined
  readonly instanceId?: string | undefined
}

/** A launch of this program that failed. */
export interface BrokenOff {
  readonly why: string
  /** The domain may still come up until then, on the clock's monotonic time. */
  readonly mayStartUntilMs: number
}

/** Further than this from one look at the host's own load to the next. */
const loadMaxAgeMs = 2000
/** Of a batch of removals, those of one moment ask once. */
const usesMaxAgeMs = 1000

/** The connection and what all who use it share. */
export class Host implements KvmHost {
  readonly uri: string
  /** The URI without a password, for messages. */
  readonly label: string
  readonly zone: string | undefined
  readonly isLocal: boolean
  readonly clock: Clock
  readonly timeoutMs: number
  readonly listMaxAgeMs: number
  /** What all its domains use, ours or not; not older than a moment, for it is asked before something is removed. */
  readonly uses: SharedAnswer<HostUses>
  /** Every machine of ours, of every scope and group. */
  readonly machines: SharedAnswer<readonly Machine[]>
  readonly load: SharedAnswer<HostLoad>
  readonly leases: LeaseBook
  readonly memory: MemoryBook
  /** By domain name or UUID: what is done to one machine is done one thing after the other. */
  readonly turns: KeyedQueue = new KeyedQueue()
  /** Domains whose names are as ours and that carry nothing of ours, as last listed. */
  unmarked: readonly DomainRef[] = []
  /** UUIDs of domains that are being launched here: such a one is not yet what a dead launch left. */
  readonly launching: Set<string> = new Set()
  /** By UUID: launches that failed here, and may have left something. */
  readonly brokenOff: Map<string, BrokenOff> = new Map()
  /** By UUID: what was last told of a machine that ends. */
  readonly lastWords: Map<string, LastWord> = new Map()
  /** Launches at one time. */
  readonly slots: Slots = new Slots()
  readonly reservations: Reservations
  readonly #inventory: Inventory
  readonly #parts: HostParts
  readonly #background = new Set<Promise<void>>()
  #connection: Promise<Hypervisor> | undefined
  #uuid: string | undefined
  #isClosed = false

  constructor(parts: HostParts) {
    const { uri, clock, timeoutMs, listMaxAgeMs, zone } = parts
    this.#parts = parts
    this.uri = uri
    this.label = withoutCredentials(uri)
    this.zone = zone
    this.isLocal = isLocalUri(uri)
    this.clock = clock
    this.timeoutMs = timeoutMs
    this.listMaxAgeMs = listMaxAgeMs
    this.#inventory = new Inventory(this)
    this.machines = new SharedAnswer({
      fetch: async (signal) => this.#inventory.read(signal),
      clock,
      maxAgeMs: listMaxAgeMs,
    })
    this.uses = new SharedAnswer({
      fetch: async (signal) => readUses(this, signal),
      clock,
      maxAgeMs: usesMaxAgeMs,
    })
    this.load = new SharedAnswer({
      fetch: async (signal) => readHostLoad(this, signal),
      clock,
      maxAgeMs: loadMaxAgeMs,
    })
    this.reservations = new Reservations(clock)
    this.leases = new LeaseBook(this)
    this.memory = new MemoryBook(this)
  }

  /** Of the machine it runs on; undefined before the first contact. */
  get uuid(): string | undefined {
    return this.#uuid
  }

  /** What the names of files that it makes carry; undefined before the first contact. */
  get mark(): string | undefined {
    return this.#uuid === undefined ? undefined : hostMark(this.#uuid)
  }

  /** Asks within a bound, and translates what libvirt says. */
  async ask<T>(
    { what, signal, otherwise, instanceId, timeoutMs = this.timeoutMs }: Question,
    work: (
      hypervisor: Hypervisor,
      call: { readonly signal: AbortSignal; readonly timeoutMs: number },
    ) => Promise<T>,
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

  async #connected(): Promise<Hypervisor> {
    this.#connection ??= this.#connect()
    return this.#connection
  }

  async #connect(): Promise<Hypervisor> {
    const { connect, clock, timeoutMs, uri } = this.#parts
    try {
      // Shared by all who ask, so that none of their signals ends it.
      const connecting = (async () => connect(uri))()
      const hypervisor = await withDeadline(async () => connecting, {
        clock,
        timeoutMs,
        what: `connect to ${this.label}`,
      })
      if (this.#isClosed) await hypervisor.close()
      else this.#uuid = await this.#identify(hypervisor)
      return hypervisor
    } catch (error) {
      this.#connection = undefined
      throw error
    }
  }

  async #identify(hypervisor: Hypervisor): Promise<string> {
    const { clock, timeoutMs } = this.#parts
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

  /**
   * What libvirt tells of all its domains, until the signal aborts; then it ends, without an error.
   *
   * @throws what broke it off
   */
  async *events(signal: AbortSignal): AsyncGenerator<LifecycleEvent, void> {
    const what = 'watch'
    try {
      const hypervisor = await this.ask({ what, signal }, async (connected) => connected)
      for await (const event of hypervisor.lifecycleEvents({ signal })) {
        this.#notice(event)
        yield event
      }
    } catch (error) {
      if (!signal.aborted) throw fromLibvirt(error, { what, uri: this.uri })
    } finally {
      // What happens from here on is not told.
      this.machines.invalidate()
    }
    if (!signal.aborted) throw new Error('libvirt ended its events')
  }

  #notice(event: LifecycleEvent): void {
    this.machines.invalidate()
    if (event.kind !== 'lifecycle') return
    const { uuid } = event.domain
    if (event.event === 'defined') this.#inventory.forget(uuid)
    const word = lastWordOf(event)
    if (word !== undefined) this.lastWords.set(uuid, word)
    else if (event.event === 'started' || event.event === 'undefined') this.lastWords.delete(uuid)
  }

  /** The metadata of a domain were changed, or were found to be gone. */
  metadataChanged(uuid: string): void {
    this.#inventory.forget(uuid)
    this.machines.invalidate()
  }

  /** Work that goes on after its caller was answered; `close` waits for it. */
  inBackground(work: Promise<unknown>): void {
    const settled = work.then(nothing, nothing)
    this.#background.add(settled)
    void settled.then(() => this.#background.delete(settled))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const inTime = new AbortController()
    const tooLong = this.clock.sleep(this.timeoutMs, { signal: inTime.signal }).catch(nothing)
    await Promise.race([Promise.all(this.#background), tooLong])
    inTime.abort()
    const connection = this.#connection
    if (connection === undefined) return
    await Promise.race([connection.then(async (hypervisor) => hypervisor.close(), nothing), tooLong]).catch(
      nothing,
    )
  }
}

const nothing = (): void => {}
