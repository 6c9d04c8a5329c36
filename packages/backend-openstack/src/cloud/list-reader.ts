import type { CallOptions, Clock } from '@flotilla/core'
import { inParallel } from '@flotilla/core/authoring'
import { OpenStackError, type Cloud, type Server } from '@flotilla/openstack-client'
import { CloudClock } from './cloud-clock.js'
import { ServerQueries } from './server-queries.js'

/**
 * A list in full of so many takes Nova half as long again as one of a single server, and one of a hundred four times as
 * long (measured on 2022.2): below this, what would be saved is less than what there would be to explain.
 */
const fewServers = 20

/** To look at more of them one by one costs more than a list in full. */
const mostDoubts = 20

/** Looked at one by one at one time. */
const parallel = 4

/**
 * What changed so long before the last look is asked for again: each of Nova's hosts stamps by its own clock, and a stamp
 * is older than the moment from which others see the change.
 */
const overlapMs = 30_000

/** After a list of changes that failed or was too long there are lists in full for so long. */
const restMs = 10_000

/** Where clocks were seen to be further apart, changes are not asked for during so many times `fullListMs`. */
const distrustTimes = 10

/** What was found at one look. */
export interface Listing {
  /** Every server of ours, of every group. */
  readonly servers: readonly Server[]
  /** Ids that Nova shows without being asked for what it builds. */
  readonly shown: ReadonlySet<string>
}

/** What is known after a look; none of it changes. */
interface Known {
  readonly servers: ReadonlyMap<string, Server>
  readonly shown: ReadonlySet<string>
  /** When it was asked for, on the clock's monotonic time. */
  readonly askedMs: number
  /** When the last list in full was, and how many servers it had, ours or not. */
  readonly fullMs: number
  readonly listedCount: number
}

/** One look on its way. */
interface Look extends CallOptions {
  readonly lists: ServerQueries
  readonly looksAtBuilding: boolean
  /** What was known when it began, without what is gone. */
  readonly known: Known | undefined
  /** What was doubtful when it began. */
  readonly doubts: readonly string[]
}

/**
 * Asks Nova for our servers: for all of them, and between two such lists only for what has changed.
 *
 * ```
 * all, by tag ──▶ known ──▶ changes since, merged by id ──▶ … ──▶ after fullListMs: all
 *                              └─ failed, or more of them than all ──▶ all
 * ```
 *
 * What Nova does, looked up in the source of 2022.2 and seen on it:
 *
 * - A deleted server is among the changes, without its tags and metadata. So changes are asked for without our tag, of the
 *   whole project, and told by their ids.
 * - One that is deleted before it is scheduled leaves nothing. As it was in BUILD, it is missed there, and looked at.
 * - A server that is not scheduled yet is among the changes whatever their time. One that is, and waits for its host to
 *   begin, is not: it has no time of a change yet. So what is in BUILD is asked for while there is any of ours.
 * - Every five minutes (`instance_delete_interval`) a host cleans up after the servers that were deleted from it since, where
 *   its driver has not: each is stamped once more, and is a change for another half minute, whoever had it.
 * - Status, task, power state, lock, name and metadata that is set move the time of a change. Addresses, tags, and metadata
 *   that is removed do not: these are seen with the next list in full, or where `doubt` was told of the server.
 */
export class ListReader {
  readonly #clock: Clock
  readonly #fullListMs: number
  readonly #cloudClock = new CloudClock()
  #known: Known | undefined
  /** Looks are counted: what is known is from this one. */
  #knownNumber = 0
  #count = 0
  /** Until then there are lists in full only, on the clock's monotonic time. */
  #restUntilMs = -Infinity
  /** By id: how many looks had begun when it was said. */
  readonly #doubts = new Map<string, number>()
  readonly #gone = new Map<string, number>()

  constructor(clock: Clock, fullListMs: number) {
    this.#clock = clock
    this.#fullListMs = fullListMs
  }

  /** The next look shows this server as it is then, also where a list of changes would not. */
  doubt(id: string): void {
    this.#doubts.set(id, this.#count)
  }

  /** Nova knows it no more. */
  gone(id: string): void {
    this.#gone.set(id, this.#count)
  }

  /** Looks may overlap: one that began earlier and ends later is not what the next goes by. */
  async look(
    client: Cloud,
    { signal, looksAtBuilding }: CallOptions & { readonly looksAtBuilding: boolean },
  ): Promise<Listing> {
    this.#count += 1
    const number = this.#count
    const known = this.#known && without(this.#known, this.#gone)
    const doubts = [...this.#doubts.keys()]
    const lists = await ServerQueries.open(client, { signal })
    const look = { signal, lists, looksAtBuilding, known, doubts }
    const all = (await this.#tryToFollow(look)) ?? (await this.#listAll(look))
    // What went while this was asked is not there, whatever the answer says.
    const found = without(all, new Map([...this.#gone].filter(([, at]) => at >= number)))
    if (number > this.#knownNumber) {
      this.#known = found
      this.#knownNumber = number
      for (const said of [this.#doubts, this.#gone]) {
        for (const [id, at] of said) if (at < number) said.delete(id)
      }
    }
    return { servers: [...found.servers.values()], shown: found.shown }
  }

  async #listAll({ lists, looksAtBuilding, known }: Look): Promise<Known> {
    const askedMs = this.#clock.monotonic()
    // What leaves BUILD between the two calls is in the second.
    const building = looksAtBuilding && lists.byTag ? await lists.building() : []
    const listed = await lists.all()
    const now = this.#clock.monotonic()
    if (known !== undefined && this.#isMissed(listed, known)) {
      this.#restUntilMs = now + distrustTimes * this.#fullListMs
      this.#cloudClock.reset()
    }
    this.#cloudClock.learn(listed, now)
    const shown = new Set(listed.map(({ id }) => id))
    const ours = [...listed, ...building.filter(({ id }) => !shown.has(id))].filter((one) =>
      lists.isOurs(one),
    )
    const servers = new Map(ours.map((server) => [server.id, server]))
    return { servers, shown, askedMs, fullMs: askedMs, listedCount: listed.length }
  }

  /** Whether one has changed since, by a stamp that a list of changes would have passed over. */
  #isMissed(listed: readonly Server[], { servers, askedMs }: Known): boolean {
    const sinceMs = this.#since(askedMs) ?? -Infinity
    return listed.some(({ id, updatedAt }) => {
      const before = servers.get(id)?.updatedAt
      return before !== undefined && updatedAt !== undefined && updatedAt !== before && updatedAt < sinceMs
    })
  }

  #since(askedMs: number): number | undefined {
    const cloudMs = this.#cloudClock.at(askedMs)
    return cloudMs === undefined ? undefined : cloudMs - overlapMs
  }

  /** Undefined where all are to be listed. */
  async #tryToFollow(look: Look): Promise<Known | undefined> {
    const { known, signal } = look
    const now = this.#clock.monotonic()
    if (known === undefined || known.listedCount <= fewServers || now < this.#restUntilMs) return undefined
    const sinceMs = this.#since(known.askedMs)
    if (sinceMs === undefined || now - known.fullMs >= this.#fullListMs) return undefined
    try {
      const followed = await this.#follow(look, known, sinceMs)
      if (followed !== undefined) return followed
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof OpenStackError)) throw error
    }
    // What did not work now, or cost more than it saved, would not do better at the next look.
    this.#restUntilMs = now + restMs
    return undefined
  }

  /** Undefined where it would cost more than to list all. */
  async #follow(look: Look, known: Known, sinceMs: number): Promise<Known | undefined> {
    const { lists, looksAtBuilding, doubts } = look
    const askedMs = this.#clock.monotonic()
    const wereBuilding = [...known.servers.values()].filter(({ status }) => status === 'BUILD')
    const isBuilding = looksAtBuilding || wereBuilding.length > 0
    // What leaves BUILD between the two calls is in the second.
    const building = isBuilding ? await lists.building() : []
    const changes = await lists.changes(sinceMs, known.listedCount)
    this.#cloudClock.learn(changes, this.#clock.monotonic())
    if (changes.length > known.listedCount) return undefined
    const told = new Map<string, Server | undefined>()
    for (const server of [...building, ...changes]) told.set(server.id, server)
    const doubtful = new Set([...wereBuilding.map(({ id }) => id), ...doubts].filter((id) => !told.has(id)))
    if (doubtful.size > mostDoubts) return undefined
    await inParallel([...doubtful], parallel, async (id) => told.set(id, await lists.one(id)))
    const servers = new Map(known.servers)
    for (const [id, server] of told) {
      if (server !== undefined && lists.isOurs(server)) servers.set(id, server)
      else servers.delete(id)
    }
    return { ...known, servers, askedMs, shown: new Set(changes.map(({ id }) => id)) }
  }
}

const without = (known: Known, ids: ReadonlyMap<string, unknown>): Known =>
  ids.size === 0 ? known : { ...known, servers: new Map([...known.servers].filter(([id]) => !ids.has(id))) }
