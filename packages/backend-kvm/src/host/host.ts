import type { Clock } from '@flotilla/core'
import { BackgroundWork, KeyedQueue, SharedAnswer } from '@flotilla/core/authoring'
import type { DomainRef, LifecycleEvent } from '@flotilla/libvirt'
import { Link, type LinkParts } from '../connection/link.js'
import { Inventory, type MarkedDomain } from '../inventory.js'
import { LeaseBook } from '../network/lease-book.js'
import { LaunchSlots } from '../place/launch-slots.js'
import { Reservations } from '../place/reservations.js'
import { readUses, type HostUses } from '../removal/file-uses.js'
import { lastWordOf, type LastWord } from './event-words.js'
import { GuestMemory } from './guest-memory.js'
import { readHostLoad, type HostLoad } from './host-load.js'

/** A connection to one hypervisor, to be given to several backends: it is asked once for all of them. */
export interface KvmHost {
  readonly uri: string
  /** Ends the connection; may be called twice. The backends on it are of no use afterwards. */
  close(): Promise<void>
}

export interface HostParts extends LinkParts {
  readonly listMaxAgeMs: number
  readonly zone: string | undefined
}

/** A domain of ours, with its hypervisor. */
export interface Machine extends MarkedDomain {
  readonly host: Host
}

/** A launch of this program that failed. */
export interface BrokenOff {
  readonly why: string
  /** The domain may still come up until then, on the clock's monotonic time. */
  readonly mayStartUntilMs: number
}

/** A host's own load may be this old. */
const loadMaxAgeMs = 2000
/** A list of the files in use may be this old: the removals of one moment share one. */
const usesMaxAgeMs = 1000

/** One hypervisor: the connection, and what all backends on it share. */
export class Host extends Link implements KvmHost {
  readonly zone: string | undefined
  /** Every machine of ours, of every scope and group. */
  readonly machines: SharedAnswer<readonly Machine[]>
  /** The files and MAC addresses that its domains use, ours and others. */
  readonly uses: SharedAnswer<HostUses>
  readonly load: SharedAnswer<HostLoad>
  readonly leases: LeaseBook
  readonly memory: GuestMemory
  /** By domain name or UUID: changes to one machine happen one after the other. */
  readonly turns: KeyedQueue = new KeyedQueue()
  /** Domains whose names are as ours and that carry nothing of ours, as last listed. */
  unmarked: readonly DomainRef[] = []
  /** UUIDs of domains that this program is launching: they are no leftovers of a dead launch. */
  readonly launching: Set<string> = new Set()
  /** By UUID: launches of this program that failed, and may have left something. */
  readonly brokenOff: Map<string, BrokenOff> = new Map()
  /** By UUID: the last event of a machine that ended. */
  readonly lastWords: Map<string, LastWord> = new Map()
  readonly launchSlots: LaunchSlots = new LaunchSlots()
  readonly reservations: Reservations
  readonly #inventory: Inventory
  readonly #background: BackgroundWork

  constructor({ listMaxAgeMs, zone, ...link }: HostParts) {
    super(link)
    const { clock, timeoutMs } = link
    this.zone = zone
    this.#inventory = new Inventory(this)
    this.machines = shared(clock, listMaxAgeMs, async (signal) => this.#list(signal))
    this.uses = shared(clock, usesMaxAgeMs, async (signal) => readUses(this, signal))
    this.load = shared(clock, loadMaxAgeMs, async (signal) => readHostLoad(this, signal))
    this.reservations = new Reservations(clock)
    this.#background = new BackgroundWork({ clock, timeoutMs })
    this.leases = new LeaseBook(this, listMaxAgeMs)
    this.memory = new GuestMemory(this)
  }

  async #list(signal: AbortSignal): Promise<readonly Machine[]> {
    const { marked, unmarked } = await this.#inventory.read(signal)
    this.unmarked = unmarked
    const there = new Set([...marked.map(({ ref }) => ref.uuid), ...unmarked.map(({ uuid }) => uuid)])
    for (const uuid of this.brokenOff.keys()) if (!there.has(uuid)) this.brokenOff.delete(uuid)
    return marked.map((domain) => ({ host: this, ...domain }))
  }

  /**
   * Events of all domains, until the signal aborts; then it ends, without an error.
   *
   * @throws the error that broke it off
   */
  async *events(signal: AbortSignal): AsyncGenerator<LifecycleEvent, void> {
    try {
      for await (const event of this.tell(signal)) {
        this.#notice(event)
        yield event
      }
    } finally {
      // No events come from here on.
      this.machines.invalidate()
    }
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
    this.#background.add(work)
  }

  async close(): Promise<void> {
    this.isClosed = true
    await this.#background.settle()
    this.#background.add(this.disconnect())
    await this.#background.settle()
  }
}

export const isKvmHost = (candidate: unknown): boolean => candidate instanceof Host

const shared = <T>(
  clock: Clock,
  maxAgeMs: number,
  fetch: (signal: AbortSignal) => Promise<T>,
): SharedAnswer<T> => new SharedAnswer({ fetch, clock, maxAgeMs })
