import type { CallOptions } from '@flotilla/core'
import { SharedAnswer, groupBy } from '@flotilla/core/authoring'
import type { Server } from '@flotilla/openstack-client'
import type { Asking } from '../connection/asking.js'
import { FaultReader } from './fault-reader.js'
import { ListReader } from './list-reader.js'
import { groupOfTags, readLabel, type Label } from '../labels.js'

/** A server of ours, and what its metadata says. */
export interface OwnedServer {
  readonly server: Server
  readonly label: Label
}

/** How old what it gives may be. */
export interface ListAges {
  /** The whole of it. */
  readonly maxAgeMs: number
  /** What a list of changes does not tell; 0 for none of these. */
  readonly fullListMs: number
}

interface Listed {
  readonly ownedServers: ReadonlyMap<string, readonly OwnedServer[]>
  /** Servers with our tags and without our metadata, by the group that they were made for. */
  readonly strays: ReadonlyMap<string, readonly Server[]>
}

/** Servers that a dead controller may have asked for just before it died are looked for this long after our start. */
const earlyMs = 120_000

/** Those who wait for the end of their servers look at the same list. */
const refreshMs = 250

/**
 * Every server of ours in the project: one call for all groups. Nova filters by our tag where it lets a tag be given at
 * creation; older ones are asked for everything, and metadata is looked at in any case.
 *
 * Nova does not find a server by its tag before it is scheduled. So while one of ours has not been seen, and at our start,
 * it is asked for all that is in BUILD as well.
 */
export class ServerList {
  readonly #connection: Asking
  readonly #answer: SharedAnswer<Listed>
  /** Ids of servers that were made here and not listed by tag yet, and until when they are looked for in BUILD. */
  readonly #unseen = new Map<string, number>()
  /** Until then what is in BUILD is looked at, on the clock's monotonic time. */
  #alertUntilMs: number
  readonly #reader: ListReader
  readonly #faultReader = new FaultReader()

  #refreshedMs = -Infinity

  constructor(connection: Asking, { maxAgeMs, fullListMs }: ListAges) {
    const { clock } = connection
    this.#connection = connection
    this.#alertUntilMs = clock.monotonic() + earlyMs
    this.#reader = new ListReader(clock, fullListMs)
    this.#answer = new SharedAnswer({ fetch: async (signal) => this.#list(signal), clock, maxAgeMs })
  }

  /** Servers of a group, of every scope; deleted ones are not among them. */
  async of(group: string, { signal }: CallOptions): Promise<readonly OwnedServer[]> {
    return (await this.#answer.get(signal)).ownedServers.get(group) ?? []
  }

  /** Servers that were made for the group, and whose metadata somebody has removed since. */
  async straysOf(group: string, { signal }: CallOptions): Promise<readonly Server[]> {
    return (await this.#answer.get(signal)).strays.get(group) ?? []
  }

  /** What was made here, until a list has shown it. */
  made(id: string): void {
    this.#unseen.set(id, this.#connection.clock.monotonic() + earlyMs)
    this.invalidate()
  }

  /** One may have been made whose id is not known. */
  expectUnseen(ms: number): void {
    this.#alertUntilMs = Math.max(this.#alertUntilMs, this.#connection.clock.monotonic() + ms)
    this.invalidate()
  }

  /** Its end was asked for: who waits for it looks at a list from after this. */
  endAsked(id: string): void {
    this.#reader.doubt(id)
    this.refresh()
  }

  /** What was ended here. */
  ended(id: string): void {
    this.#unseen.delete(id)
    this.#reader.gone(id)
    this.invalidate()
  }

  /** What was done to it here may not be among the changes. */
  changed(id: string): void {
    this.#reader.doubt(id)
    this.invalidate()
  }

  /** It lacks what comes without being a change to Nova: an address. Who asks next has it if it is there. */
  lacks(id: string): void {
    this.#reader.doubt(id)
  }

  /** Asks anew, unless another has just asked. */
  refresh(): void {
    const now = this.#connection.clock.monotonic()
    if (now - this.#refreshedMs < refreshMs) return
    this.#refreshedMs = now
    this.invalidate()
  }

  invalidate(): void {
    this.#answer.invalidate()
  }

  async #list(signal: AbortSignal): Promise<Listed> {
    const servers = await this.#connection.ask({ what: 'list servers', signal }, async (client, call) => {
      const looksAtBuilding = this.#looksAtBuilding()
      const found = await this.#reader.look(client, { ...call, looksAtBuilding })
      for (const id of found.shown) this.#unseen.delete(id)
      return this.#faultReader.fill(found.servers, client, call)
    })
    const ownedServers = servers.flatMap((server) => {
      const label = readLabel(server.metadata)
      return label === undefined ? [] : [{ server, label }]
    })
    const strays = servers.filter(({ metadata }) => readLabel(metadata) === undefined)
    return {
      ownedServers: groupBy(ownedServers, ({ label }) => label.group),
      strays: groupBy(strays, (server) => groupOfTags(server) ?? ''),
    }
  }

  #looksAtBuilding(): boolean {
    const now = this.#connection.clock.monotonic()
    // One that somebody ended before it was listed is never seen.
    for (const [id, untilMs] of this.#unseen) if (untilMs < now) this.#unseen.delete(id)
    return this.#unseen.size > 0 || now < this.#alertUntilMs
  }
}
