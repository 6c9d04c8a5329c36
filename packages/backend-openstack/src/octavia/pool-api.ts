import { FlotillaError, type BalancerMember, type CallOptions } from '@flotilla/core'
import { collect, isNotFound, path, type MemberSpec } from '@flotilla/openstack-client'
import { brokenPart, changedMembers } from './compare.js'
import type { Connection } from '../connection/connection.js'
import type { OctaviaSettings } from './options.js'

/** The pool with its load balancer and listeners. */
interface Pool {
  readonly id: string
  readonly loadBalancerId: string
  readonly subnetId: string | undefined
  /** Listeners that send to the pool. */
  readonly listenerIds: readonly string[]
}

/** The calls of Octavia that the balancer makes. */
export class PoolApi {
  readonly #connection: Connection
  readonly #settings: OctaviaSettings
  #pool: Pool | undefined

  constructor(connection: Connection, settings: OctaviaSettings) {
    this.#connection = connection
    this.#settings = settings
  }

  /** The members that the pool has now. */
  async members({ signal }: CallOptions): Promise<readonly BalancerMember[]> {
    const { id } = await this.#found(signal)
    const found = await this.#ask('list the members', signal, async (client, call) =>
      collect(client.loadBalancer.members(id).list({}, call)),
    )
    return found.map(({ name, id: memberId, address, port, weight }) => ({
      id: name === '' ? memberId : name,
      host: address,
      port,
      weight,
    }))
  }

  /** Replaces all members, and waits until the change is in force. */
  async replace(
    specs: (subnetId: string | undefined) => readonly MemberSpec[],
    { signal }: CallOptions,
  ): Promise<void> {
    const { id, loadBalancerId, subnetId } = await this.#found(signal)
    await this.#ask('replace the members', signal, async (client, call) =>
      client.loadBalancer.members(id).replaceAll(specs(subnetId), call),
    )
    const { updateTimeoutMs: timeoutMs } = this.#settings
    await this.#ask('wait for the change', signal, async (client, call) =>
      client.loadBalancer.waitUntilActive(loadBalancerId, {
        ...call,
        timeoutMs,
        delayMs: 200,
        maxDelayMs: 3000,
      }),
    )
  }

  /** Connections of all listeners of the pool; undefined when Octavia does not say. */
  async connectionCount({ signal }: CallOptions): Promise<number | undefined> {
    const { listenerIds } = await this.#found(signal)
    if (listenerIds.length === 0) return undefined
    const counts = await Promise.all(
      listenerIds.map(async (id) => {
        const { body } = await this.#ask('count the connections', signal, async (client, call) =>
          client.service('load-balancer').request({
            what: `statistics of listener ${id}`,
            method: 'GET',
            path: path`/lbaas/listeners/${id}/stats`,
            expects: 'stats',
            ...call,
          }),
        )
        const { stats } = body as { readonly stats?: { readonly active_connections?: unknown } }
        return typeof stats?.active_connections === 'number' ? stats.active_connections : NaN
      }),
    )
    const sum = counts.reduce((total, count) => total + count, 0)
    return Number.isNaN(sum) ? undefined : sum
  }

  /**
   * Why clients do not get these members; undefined when they do.
   *
   * @param wanted - the members that were set last
   */
  async lost(
    wanted: (subnetId: string | undefined) => readonly MemberSpec[],
    { signal }: CallOptions,
  ): Promise<string | undefined> {
    const { id, loadBalancerId, listenerIds, subnetId } = await this.#found(signal)
    const { pool: name } = this.#settings
    const found = await this.#ask('look whether it serves', signal, async (client, call) => {
      const { loadBalancers, pools, listeners } = client.loadBalancer
      const [balancer, pool, ofBalancer, members] = await Promise.all([
        orGone(loadBalancers.get(loadBalancerId, call)),
        orGone(pools.get(id, call)),
        collect(listeners.list({ loadBalancerId }, call)),
        orGone(collect(client.loadBalancer.members(id).list({}, call))),
      ])
      return { balancer, pool, ofBalancer, members }
    })
    const { balancer, pool, ofBalancer, members } = found
    const mine = ofBalancer.filter(({ defaultPoolId }) => defaultPoolId === id)
    if (balancer === undefined || pool === undefined || members === undefined) {
      // Another pool may have the name by now.
      this.#pool = undefined
      return `${balancer === undefined ? `the load balancer of pool ${name}` : `pool ${name}`} is gone; create it again`
    }
    const broken =
      brokenPart({ what: `load balancer ${balancer.name}`, ...balancer }) ??
      brokenPart({ what: `pool ${name}`, ...pool }) ??
      mine.map((listener) => brokenPart({ what: `listener ${listener.name}`, ...listener })).find(isText)
    if (broken !== undefined) return broken
    if (mine.length === 0 && listenerIds.length > 0)
      return `no listener sends to pool ${name} any more; make one, or set its default pool`
    return changedMembers(wanted(subnetId), members)
  }

  async #found(signal: AbortSignal): Promise<Pool> {
    this.#pool ??= await this.#find(signal)
    return this.#pool
  }

  async #find(signal: AbortSignal): Promise<Pool> {
    const { pool: nameOrId, subnet } = this.#settings
    return this.#ask('look it up', signal, async (client, call) => {
      const pool = await client.loadBalancer.pools.find(nameOrId, call)
      const [loadBalancerId] = pool?.loadBalancerIds ?? []
      if (pool === undefined || loadBalancerId === undefined) {
        throw new FlotillaError('not-found', `octavia: there is no pool ${nameOrId}`)
      }
      const listeners = await collect(client.loadBalancer.listeners.list({ loadBalancerId }, call))
      const found = subnet === undefined ? undefined : await client.network.subnets.find(subnet, call)
      if (subnet !== undefined && found === undefined) {
        throw new FlotillaError('not-found', `octavia: there is no subnet ${subnet}`)
      }
      const mine = listeners.filter(({ defaultPoolId }) => defaultPoolId === pool.id)
      return { id: pool.id, loadBalancerId, subnetId: found?.id, listenerIds: mine.map(({ id }) => id) }
    })
  }

  async #ask<T>(
    what: string,
    signal: AbortSignal,
    work: Parameters<Connection['ask']>[1] extends (client: infer C, call: infer O) => unknown
      ? (client: C, call: O) => Promise<T>
      : never,
  ): Promise<T> {
    return this.#connection.ask({ what: `octavia pool ${this.#settings.pool}: ${what}`, signal }, work)
  }
}

const isText = (value: string | undefined): value is string => value !== undefined

async function orGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
