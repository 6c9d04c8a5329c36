import type { Instance } from '@flotilla/core'
import type { Context } from './context.js'
import { isNoAddress, isNoRoom, isOverQuota } from './errors.js'
import type { OwnedServer } from './cloud/server-list.js'
import { keptProblems, strayProblem } from './cloud/kept-servers.js'
import { byAge } from './launch.js'
import { isOwned, type Owner } from './labels.js'
import { toInstance } from './to-instance.js'
import { unlessAsleep } from './warm/spares.js'

/** One that runs so long without an address has none to come: the next list in full is soon enough. */
const addressMs = 120_000

/** Remembered servers, beyond which the oldest is forgotten. */
const mostRemembered = 10_000

/**
 * The servers of a group, from the project's one list. What a failed one says of the cloud's room and of the quota is told
 * to the pauses, once.
 */
export class Inventory {
  readonly #context: Context
  /** Ids of failed and of running servers whose word of the cloud's room was heard. */
  readonly #heard = new Set<string>()

  /** By id: when a server in BUILD was first seen, on the clock's monotonic time. */
  readonly #building = new Map<string, number>()

  /** By id: when a server that runs was first seen without its address, likewise. */
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
    for (const owned of ownedServers) this.#hear(owned, now)
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

  #hear({ server, label }: OwnedServer, now: number): void {
    const { id, status, fault } = server
    if (this.#heard.has(`${status} ${id}`) || (status !== 'ERROR' && status !== 'ACTIVE')) return
    // Its reason may come with a later list.
    if (status === 'ERROR' && fault === undefined) return
    this.#heard.add(`${status} ${id}`)
    forgetOldest(this.#heard)
    const { pauses, settings } = this.#context
    const wasBuilding = this.#building.delete(id)
    if (status === 'ACTIVE') {
      // One that ran before the zone was found full says nothing of it.
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

  /** Its address, or the floating one, may come after it runs, which is no change to Nova. */
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
