import { FlotillaError, type BackendProblem } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { collect, type FloatingIp, type Port } from '@flotilla/openstack-client'
import type { Context } from '../context.js'
import { mostLooks, ownedKinds, removeUnused, type Removal } from './belongings.js'
import { findUnused, type Marked } from './unused.js'
import { markOf, readMark } from '../labels.js'

/** Between two sweeps of a group with nothing left over. */
export const sweepMs = 300_000

/** Between two sweeps while something is left over. */
const soonMs = 30_000

/** What one look found that was made for servers of a group. */
interface Found extends Marked {
  /** The cloud's own clock at that moment, epoch milliseconds. */
  readonly cloudMs: number | undefined
}

/**
 * Removes ports and floating addresses of a group that have no server and are older than a launch can take: a program died
 * during the launch. Their age comes from Neutron, so that it counts across restarts.
 */
export class Sweeper {
  readonly #context: Context
  /** By group: when the next sweep is due, on our monotonic clock. */
  readonly #nextMs = new Map<string, number>()
  /** By group and id: when it was first seen without a server, for clouds that show no age. */
  readonly #seenMs = new Map<string, ReadonlyMap<string, number>>()

  constructor(context: Context) {
    this.#context = context
  }

  isDue(group: string): boolean {
    if (ownedKinds(this.#context.settings).length === 0) return false
    return this.#context.connection.clock.monotonic() >= (this.#nextMs.get(group) ?? -Infinity)
  }

  /** Runs in the background. A failure becomes a problem, and is tried again. */
  async sweep(group: string, signal: AbortSignal): Promise<void> {
    const { connection, problems, settings } = this.#context
    const { clock } = connection
    // Set first, so that one sweep runs at a time.
    this.#nextMs.set(group, clock.monotonic() + sweepMs)
    try {
      const found = await this.#look(group, ownedKinds(settings), signal)
      const { held, ...unused } = findUnused(found)
      const old = this.#old(group, unused, found.cloudMs)
      const { removed, failed } = await removeUnused(this.#context, old, { what: `sweep ${group}`, signal })
      problems.set(group, 'sweep', [...held, ...failed.map(({ id, error }) => notRemoved(id, error))])
      const count = unused.ports.length + unused.floatingIps.length
      if (held.length > 0 || count > removed.length) this.#nextMs.set(group, clock.monotonic() + soonMs)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof FlotillaError)) throw error
      const message = `ports and floating addresses without a server cannot be looked for: ${messageOf(error)}`
      problems.add(group, 'sweep', [{ about: 'sweep', message, error }])
      this.#nextMs.set(group, clock.monotonic() + soonMs)
    }
  }

  /** Removes everything without a server, however young: a group that ends has no launch under way. */
  async end(group: string, signal: AbortSignal): Promise<Removal> {
    const { problems } = this.#context
    const removed: string[] = []
    let last: Removal = { removed: [], failed: [], changed: [] }
    for (let looks = 0; looks < mostLooks; looks += 1) {
      const found = await this.#lookAtEnd(group, signal)
      if (found === undefined) break
      const { held, ...unused } = findUnused(found)
      problems.set(group, 'sweep', held)
      last = await removeUnused(this.#context, unused, { what: `end ${group}`, signal })
      removed.push(...last.removed)
      if (last.changed.length === 0) break
    }
    return { ...last, removed }
  }

  /** Undefined on a cloud without Neutron. */
  async #lookAtEnd(group: string, signal: AbortSignal): Promise<Found | undefined> {
    try {
      return await this.#look(group, ['port', 'floating-ip'], signal)
    } catch (error) {
      if (error instanceof FlotillaError && error.code === 'unsupported') return undefined
      throw error
    }
  }

  /** What carries a mark of the group that belongs to none of its servers and to no launch under way here. */
  async #look(group: string, kinds: readonly string[], signal: AbortSignal): Promise<Found> {
    const { connection, settings, underWay, terminating } = this.#context
    const owner = { group, scope: settings.scope }
    const found = await connection.ask({ what: `sweep ${group}`, signal }, async (client, call) => {
      // An admin sees those of every project, where others may have a group of this name.
      const { projectId } = await client.whoAmI(call)
      const cloudMs = await client.network.time(call)
      const ports = kinds.includes('port')
        ? await collect(client.network.ports.list({ projectId }, call))
        : []
      const floatingIps = kinds.includes('floating-ip')
        ? await collect(client.network.floatingIps.list({ projectId }, call))
        : []
      const isOwn = (thing: Port | FloatingIp): boolean =>
        projectId === undefined || thing.projectId === undefined || thing.projectId === projectId
      return { cloudMs, ports: ports.filter(isOwn), floatingIps: floatingIps.filter(isOwn) }
    })
    // After the ports: a server that was made in between is in this list.
    connection.serverList.invalidate()
    const ownedServers = await connection.serverList.of(group, { signal })
    const taken = new Set([...ownedServers, ...terminating.all()].map(({ label }) => markOf(label)))
    const isLeft = (text: string | undefined): boolean => {
      const mark = readMark(text)
      const isOurs = mark?.group === owner.group && mark.scope === owner.scope
      return isOurs && text !== undefined && !taken.has(text) && !underWay.has(text)
    }
    return {
      cloudMs: found.cloudMs,
      ports: found.ports.filter(({ name }) => isLeft(name)),
      floatingIps: found.floatingIps.filter(({ description }) => isLeft(description)),
    }
  }

  /** Those that Neutron says are old enough, or that were seen here long enough. */
  #old(group: string, { ports, floatingIps }: Marked, cloudMs: number | undefined): Marked {
    const { connection, settings } = this.#context
    const nowMs = connection.clock.monotonic()
    const before = this.#seenMs.get(group)
    const seen = new Map([...ports, ...floatingIps].map(({ id }) => [id, before?.get(id) ?? nowMs]))
    this.#seenMs.set(group, seen)
    const isOld = ({ id, createdAt }: Port | FloatingIp): boolean => {
      const ageMs = cloudMs === undefined || createdAt === undefined ? 0 : cloudMs - createdAt
      return Math.max(ageMs, nowMs - (seen.get(id) ?? nowMs)) >= settings.orphanAfterMs
    }
    return { ports: ports.filter(isOld), floatingIps: floatingIps.filter(isOld) }
  }
}

const notRemoved = (id: string, error: FlotillaError): BackendProblem => ({
  about: id,
  message: `${id} has no server and cannot be removed: ${error.message}`,
  error,
})
