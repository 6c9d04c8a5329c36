import type { CallOptions, Clock } from '@flotilla/core'
import { inParallel } from '@flotilla/core/authoring'
import { OpenStackError, type Cloud, type Server } from '@flotilla/openstack-client'
import { CloudClock } from './cloud-clock.js'
import { ServerQueries } from './server-queries.js'
import { hasMissedChange, without, type ServerSnapshot } from './server-snapshot.js'

/**
 * Up to this many servers are always listed in full. A full list of 20 takes Nova 1.5 times as long as one of a single
 * server, one of 100 four times as long (measured on 2022.2): below 20 there is little to save.
 */
const fewServers = 20

/** With more doubtful servers than this a full list is cheaper than asking for each. */
const mostDoubts = 20

/** How many doubtful servers are asked for at one time. */
const parallel = 4

/**
 * How far each list of changes reaches back before the previous look. Nova's hosts stamp changes by their own clocks, and
 * others see a change some time after its stamp.
 */
const overlapMs = 30_000

/** How long lists are in full after a list of changes that failed or was too long. */
const restMs = 10_000

/** Lists are in full for this many times `fullListMs` once a stamp was further off than `overlapMs`. */
const distrustTimes = 10

/** What one look found. */
export interface Listing {
  /** Every server of ours, of every group. */
  readonly servers: readonly Server[]
  /** Ids that Nova shows without being asked for servers in BUILD. */
  readonly shown: ReadonlySet<string>
}

/** One look under way. */
interface Look extends CallOptions {
  readonly queries: ServerQueries
  readonly looksAtBuilding: boolean
  /** The previous snapshot when the look began, without the servers that are gone since. */
  readonly previous: ServerSnapshot | undefined
  /** The doubtful servers when the look began. */
  readonly doubts: readonly string[]
}

/**
 * Lists our servers: in full once in `fullListMs`, and only what has changed in between.
 *
 * ```
 * full list, by tag ──▶ snapshot ──▶ changes since, merged by id ──▶ … ──▶ after fullListMs: full list
 *                                      └─ failed, or longer than a full list ──▶ full list
 * ```
 *
 * How Nova answers (source of 2022.2, seen on it):
 *
 * - A deleted server is among the changes, without its tags and metadata. So changes are asked for without our tag, for the
 *   whole project, and matched by id.
 * - A server that was deleted before it was scheduled is in no list. It was in BUILD in the snapshot, and is asked for by id.
 * - An unscheduled server is among the changes since any time. A scheduled one that waits for its host is not, because it
 *   has no stamp yet. So servers in BUILD are listed as long as one of ours is.
 * - Every five minutes (`instance_delete_interval`) a host cleans up after the servers that were deleted from it, unless its
 *   driver did. It stamps each of them once more, so that they are all among the changes for another half minute.
 * - Status, task, power state, lock, name and added metadata move the stamp. Addresses, tags and removed metadata do not:
 *   the next full list shows these, or the next look where `doubt` was called.
 */
export class ListReader {
  readonly #clock: Clock
  readonly #fullListMs: number
  readonly #cloudClock = new CloudClock()
  #snapshot: ServerSnapshot | undefined
  /** Number of the look that made the snapshot. */
  #snapshotNumber = 0
  /** How many looks have begun. */
  #count = 0
  /** Until then lists are in full, on our monotonic clock. */
  #restUntilMs = -Infinity
  /** By id: how many looks had begun when `doubt` or `gone` was called. */
  readonly #doubts = new Map<string, number>()
  readonly #gone = new Map<string, number>()

  constructor(clock: Clock, fullListMs: number) {
    this.#clock = clock
    this.#fullListMs = fullListMs
  }

  /** Makes the next look ask for this server by id, unless a list shows it anyway. */
  doubt(id: string): void {
    this.#doubts.set(id, this.#count)
  }

  /** Nova does not know this server any more. */
  gone(id: string): void {
    this.#gone.set(id, this.#count)
  }

  /** Looks may overlap: the snapshot of a later one is never replaced by that of an earlier one. */
  async look(
    client: Cloud,
    { signal, looksAtBuilding }: CallOptions & { readonly looksAtBuilding: boolean },
  ): Promise<Listing> {
    this.#count += 1
    const number = this.#count
    const previous = this.#snapshot && without(this.#snapshot, this.#gone)
    const doubts = [...this.#doubts.keys()]
    const queries = await ServerQueries.open(client, { signal })
    const look = { signal, queries, looksAtBuilding, previous, doubts }
    const listed = (await this.#tryToFollow(look)) ?? (await this.#listAll(look))
    // Servers that went during the look are gone, whatever the answer says.
    const found = without(listed, new Map([...this.#gone].filter(([, at]) => at >= number)))
    if (number > this.#snapshotNumber) {
      this.#snapshot = found
      this.#snapshotNumber = number
      for (const calls of [this.#doubts, this.#gone]) {
        for (const [id, at] of calls) if (at < number) calls.delete(id)
      }
    }
    return { servers: [...found.servers.values()], shown: found.shown }
  }

  async #listAll({ queries, looksAtBuilding, previous }: Look): Promise<ServerSnapshot> {
    const askedMs = this.#clock.monotonic()
    // In this order: a server that leaves BUILD between the two calls is in the second.
    const building = looksAtBuilding && queries.byTag ? await queries.building() : []
    const listed = await queries.all()
    const now = this.#clock.monotonic()
    const sinceMs = previous && this.#since(previous.askedMs)
    if (previous !== undefined && hasMissedChange(listed, previous, sinceMs ?? -Infinity)) {
      this.#restUntilMs = now + distrustTimes * this.#fullListMs
      this.#cloudClock.reset()
    }
    this.#cloudClock.learn(listed, now)
    const shown = new Set(listed.map(({ id }) => id))
    const ours = [...listed, ...building.filter(({ id }) => !shown.has(id))].filter((one) =>
      queries.isOurs(one),
    )
    const servers = new Map(ours.map((server) => [server.id, server]))
    return { servers, shown, askedMs, fullMs: askedMs, listedCount: listed.length }
  }

  #since(askedMs: number): number | undefined {
    const cloudMs = this.#cloudClock.at(askedMs)
    return cloudMs === undefined ? undefined : cloudMs - overlapMs
  }

  /** Undefined where a full list is needed. */
  async #tryToFollow(look: Look): Promise<ServerSnapshot | undefined> {
    const { previous, signal } = look
    const now = this.#clock.monotonic()
    if (previous === undefined || previous.listedCount <= fewServers || now < this.#restUntilMs)
      return undefined
    const sinceMs = this.#since(previous.askedMs)
    if (sinceMs === undefined || now - previous.fullMs >= this.#fullListMs) return undefined
    try {
      const followed = await this.#follow(look, previous, sinceMs)
      if (followed !== undefined) return followed
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof OpenStackError)) throw error
    }
    // A list of changes that failed or was too long would be so again at the next look.
    this.#restUntilMs = now + restMs
    return undefined
  }

  /** Undefined where a full list is cheaper. */
  async #follow(look: Look, previous: ServerSnapshot, sinceMs: number): Promise<ServerSnapshot | undefined> {
    const { queries, looksAtBuilding, doubts } = look
    const askedMs = this.#clock.monotonic()
    const wereBuilding = [...previous.servers.values()].filter(({ status }) => status === 'BUILD')
    // In this order: a server that leaves BUILD between the two calls is in the second.
    const building = looksAtBuilding || wereBuilding.length > 0 ? await queries.building() : []
    const changes = await queries.changes(sinceMs, previous.listedCount)
    this.#cloudClock.learn(changes, this.#clock.monotonic())
    if (changes.length > previous.listedCount) return undefined
    const current = new Map<string, Server | undefined>()
    for (const server of [...building, ...changes]) current.set(server.id, server)
    const doubtful = new Set(
      [...wereBuilding.map(({ id }) => id), ...doubts].filter((id) => !current.has(id)),
    )
    if (doubtful.size > mostDoubts) return undefined
    await inParallel([...doubtful], parallel, async (id) => current.set(id, await queries.one(id)))
    const servers = new Map(previous.servers)
    for (const [id, server] of current) {
      if (server !== undefined && queries.isOurs(server)) servers.set(id, server)
      else servers.delete(id)
    }
    return { ...previous, servers, askedMs, shown: new Set(changes.map(({ id }) => id)) }
  }
}
