import type { CallOptions } from '@flotilla/core'
import { SharedAnswer, groupBy } from '@flotilla/core/authoring'
import type { Server } from '@flotilla/openstack-client'
import type { Asking } from '../connection/asking.js'
import { FaultReader } from './fault-reader.js'
import { ListReader } from './list-reader.js'
import { groupOfTags, readLabel, type OwnedServer } from '../labels.js'

/** How old a list may be. */
export interface ListAges {
  /** Age of the whole list. */
  readonly maxAgeMs: number
  /** Age of what a list of changes does not show; 0 lists all every time. */
  readonly fullListMs: number
}

interface Listed {
  /** By group. */
  readonly ownedServers: ReadonlyMap<string, readonly OwnedServer[]>
  /** Servers with our tags and without our metadata, by the group that they were made for. */
  readonly strays: ReadonlyMap<string, readonly Server[]>
}

/**
 * How long servers in BUILD are listed after our start: a controller may have asked for one just before it died. The same
 * holds after each launch.
 */
const earlyMs = 120_000

/** Callers that wait for the end of their servers share a list of this age. */
const refreshMs = 250

/**
 * Every server of ours in the project, from one list for all groups. Nova filters by our tag from microversion 2.52; an
 * older one lists every server. Metadata says in both cases which are ours.
 *
 * Nova does not find a server by its tag before it is scheduled. So servers in BUILD are listed too after our start, and
 * while no list has shown a server that was made here.
 */
export class ServerList {
  readonly #connection: Asking
  readonly #answer: SharedAnswer<Listed>
  /** Ids of servers that were made here and not listed by tag yet, and until when servers in BUILD are listed for them. */
  readonly #unseen = new Map<string, number>()
  /** Until then servers in BUILD are listed, on our monotonic clock. */
  #looksAtBuildingUntilMs: number
  readonly #reader: ListReader
  readonly #faultReader = new FaultReader()

  #refreshedMs = -Infinity

  constructor(connection: Asking, { maxAgeMs, fullListMs }: ListAges) {
    const { clock } = connection
    this.#connection = connection
    this.#looksAtBuildingUntilMs = clock.monotonic() + earlyMs
    this.#reader = new ListReader(clock, fullListMs)
    this.#answer = new SharedAnswer({ fetch: async (signal) => this.#list(signal), clock, maxAgeMs })
  }

  /** Servers of a group in every scope, without deleted ones. */
  async of(group: string, { signal }: CallOptions): Promise<readonly OwnedServer[]> {
    return (await this.#answer.get(signal)).ownedServers.get(group) ?? []
  }

  /** Servers that were made for the group and whose metadata somebody has removed. */
  async straysOf(group: string, { signal }: CallOptions): Promise<readonly Server[]> {
    return (await this.#answer.get(signal)).strays.get(group) ?? []
  }

  /** Call it after a creation: servers in BUILD are listed until a list by tag has shown this one. */
  made(id: string): void {
    this.#unseen.set(id, this.#connection.clock.monotonic() + earlyMs)
    this.invalidate()
  }

  /** Call it when a server may have been made whose id is not known: servers in BUILD are listed for `ms`. */
  expectUnseen(ms: number): void {
    this.#looksAtBuildingUntilMs = Math.max(
      this.#looksAtBuildingUntilMs,
      this.#connection.clock.monotonic() + ms,
    )
    this.invalidate()
  }

  /** Call it after a delete was asked for: the next list is a newer one, and looks at this server. */
  endAsked(id: string): void {
    this.#reader.doubt(id)
    this.refresh()
  }

  /** Call it when Nova does not know the server any more. */
  ended(id: string): void {
    this.#unseen.delete(id)
    this.#reader.gone(id)
    this.invalidate()
  }

  /** Call it after a change that a list of changes may not have: the next list looks at this server. */
  changed(id: string): void {
    this.#reader.doubt(id)
    this.invalidate()
  }

  /** Call it for a server without its address, which comes without a change of its stamp: the next list looks at it. */
  lacks(id: string): void {
    this.#reader.doubt(id)
  }

  /** Makes the next call list anew, unless a list is younger than `refreshMs`. */
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
    // A server that somebody ended before it was listed is never shown.
    for (const [id, untilMs] of this.#unseen) if (untilMs < now) this.#unseen.delete(id)
    return this.#unseen.size > 0 || now < this.#looksAtBuildingUntilMs
  }
}
