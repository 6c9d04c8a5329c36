import type { Instance } from '@flotilla/core'
import type { Context } from './context.js'
import { isNoAddress, isNoRoom, isOverQuota } from './errors.js'
import { keptProblems, strayProblem } from './cloud/kept-servers.js'
import { byAge } from './launch.js'
import { isOwned, type OwnedServer, type Owner } from './labels.js'
import { toInstance } from './to-instance.js'
import { unlessAsleep } from './warm/spares.js'

/** A server that has run this long without its address is not asked for by id any more: the next full list is soon enough. */
const addressMs = 120_000

/** How many servers each memory holds; the oldest is forgotten beyond that. */
const mostRemembered = 10_000

/**
 * The servers of a group, from the one list of the project. What a server's fault says about room and quota goes to the pauses,
 * once for each server.
 */
export class Inventory {
  readonly #context: Context
  /** Failed and running servers that the pauses know, as `STATUS id`. */
  readonly #reported = new Set<string>()

  /** By id: when a server in BUILD was first seen, on our monotonic clock. */
  readonly #building = new Map<string, number>()

  /** By id: when a running server was first seen without its address, on our monotonic clock. */
  readonly #addressless = new Map<string, number>()

  constructor(context: Context) {
    this.#context = context
  }

  async of(group: string, signal: AbortSignal): Promise<readonly Instance[]> {
    const { connection, settings } = this.#context
    const owner: Owner = { group, scope: settings.scope }
    const listed = await connection.serverList.of(group, { signal })
    const strays = await connection.serverList.straysOf(group, { signal })
    this.#context.problems.set(group, 'strays', strays.map(strayProblem))
    const ids = new Set(listed.map(({ server }) => server.id))
    const ending = this.#context.terminating.all().filter(({ server }) => !ids.has(server.id))
    const ownedServers = [...listed, ...ending].filter(
      ({ label }) => isOwned(label, owner) && label.role !== 'spare',
    )
    const now = connection.clock.now()
    const monotonicMs = connection.clock.monotonic()
    this.#context.problems.set(group, 'kept', keptProblems(ownedServers, settings))
    for (const owned of ownedServers) this.#report(owned, now)
    const eldest = new Map<string, string>()
    for (const { server, label } of ownedServers.toSorted(byAge)) {
      if (!eldest.has(label.token)) eldest.set(label.token, server.id)
    }
    return ownedServers.map((owned) => {
      const buildMs = this.#buildMs(owned, monotonicMs)
      const instance = unlessAsleep(this.#context, toInstance(owned, settings, { now, buildMs }))
      if (this.#lacksAddress(instance, monotonicMs)) connection.serverList.lacks(instance.id)
      const first = eldest.get(owned.label.token)
      if (first === instance.id || instance.status === 'stopping') return instance
      return { ...instance, status: 'failed', statusReason: `its token has an elder server, ${first}` }
    })
  }

  #report({ server, label }: OwnedServer, now: number): void {
    const { id, status, fault } = server
    if (this.#reported.has(`${status} ${id}`) || (status !== 'ERROR' && status !== 'ACTIVE')) return
    // A later list may have its fault.
    if (status === 'ERROR' && fault === undefined) return
    this.#reported.add(`${status} ${id}`)
    forgetOldest(this.#reported)
    const { pauses, settings } = this.#context
    const wasBuilding = this.#building.delete(id)
    if (status === 'ACTIVE') {
      // A server that ran before its zone was full says nothing about the zone.
      if (wasBuilding) pauses.hasRoom(label.zone)
      return
    }
    const ageMs = now - (fault?.createdAt ?? server.createdAt ?? now)
    const isNews = wasBuilding || ageMs <= settings.pauseMs
    if (fault === undefined || !isNews) return
    if (isNoAddress(fault.message)) pauses.noAddress(fault.message)
    else if (isNoRoom(fault.message)) pauses.noRoom(label.zone, fault.message)
    if (isOverQuota(fault.message)) pauses.quota(fault.message)
  }

  /** Its address, fixed or floating, may come after the server runs, without a change of its stamp. */
  #lacksAddress({ id, status, address }: Instance, nowMs: number): boolean {
    const { port } = this.#context.settings.template
    if (port === undefined || status !== 'running' || address !== undefined) return false
    const sinceMs = this.#addressless.get(id) ?? nowMs
    this.#addressless.set(id, sinceMs)
    forgetOldest(this.#addressless)
    return nowMs - sinceMs <= addressMs
  }

  #buildMs({ server }: OwnedServer, nowMs: number): number {
    if (server.status !== 'BUILD') return 0
    const sinceMs = this.#building.get(server.id) ?? nowMs
    this.#building.set(server.id, sinceMs)
    forgetOldest(this.#building)
    return nowMs - sinceMs
  }
}

function forgetOldest(remembered: Set<string> | Map<string, number>): void {
  if (remembered.size <= mostRemembered) return
  const [oldest] = remembered.keys()
  if (oldest !== undefined) remembered.delete(oldest)
}
