import type { CallOptions } from '@flotilla/core'
import { inParallel } from '@flotilla/core/authoring'
import { OpenStackError, type Cloud, type Server, type ServerFault } from '@flotilla/openstack-client'

/** Asked at one time. */
const parallel = 4

/** So many of one list are asked for; the others are with the next. */
const mostOfOneList = 20

/**
 * Why servers are in ERROR. Nova's list tells the faults of one database only, the one that its API is set up with: of
 * the others, which for one set-up is that of the servers that no host had room for, and for another that of all the rest,
 * it tells none. So one in ERROR without a fault is asked for by itself, once for each time it has changed.
 */
export class FaultReader {
  #told = new Map<string, ServerFault | undefined>()

  /** The same servers, in the same order, with their faults. */
  async fill(servers: readonly Server[], client: Cloud, call: CallOptions): Promise<readonly Server[]> {
    const silent = servers.filter(({ status, fault }) => status === 'ERROR' && fault === undefined)
    const unasked = silent.filter((server) => !this.#told.has(keyOf(server))).slice(0, mostOfOneList)
    await inParallel(unasked, parallel, async (server) => {
      try {
        this.#told.set(keyOf(server), (await client.compute.servers.get(server.id, call)).fault)
      } catch (error) {
        call.signal.throwIfAborted()
        // A list without the reason is worth more than none; it is asked for again with the next.
        if (!(error instanceof OpenStackError)) throw error
      }
    })
    const keys = new Set(silent.map(keyOf))
    this.#told = new Map([...this.#told].filter(([key]) => keys.has(key)))
    return servers.map((server) => {
      const fault = server.fault ?? (server.status === 'ERROR' ? this.#told.get(keyOf(server)) : undefined)
      return fault === server.fault ? server : { ...server, fault }
    })
  }
}

const keyOf = ({ id, updatedAt }: Server): string => `${id} ${updatedAt}`
