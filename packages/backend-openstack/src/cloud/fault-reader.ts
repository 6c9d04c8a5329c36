import type { CallOptions } from '@flotilla/core'
import { inParallel } from '@flotilla/core/authoring'
import { OpenStackError, type Cloud, type Server, type ServerFault } from '@flotilla/openstack-client'

/** How many servers are asked for at one time. */
const parallel = 4

/** How many servers of one list are asked for; the next list asks for the others. */
const mostOfOneList = 20

/**
 * Finds out why servers are in ERROR. Nova's list has the faults of one database only, the one that its API is configured
 * with. Depending on the configuration, servers that no host had room for, or all others, are in another. So a server in ERROR
 * without a fault is asked for by id, once for each of its stamps.
 */
export class FaultReader {
  #told = new Map<string, ServerFault | undefined>()

  /** Gives the same servers in the same order, with their faults. */
  async fill(servers: readonly Server[], client: Cloud, call: CallOptions): Promise<readonly Server[]> {
    const silent = servers.filter(({ status, fault }) => status === 'ERROR' && fault === undefined)
    const unasked = silent.filter((server) => !this.#told.has(keyOf(server))).slice(0, mostOfOneList)
    await inParallel(unasked, parallel, async (server) => {
      try {
        this.#told.set(keyOf(server), (await client.compute.servers.get(server.id, call)).fault)
      } catch (error) {
        call.signal.throwIfAborted()
        // A list without the reason is better than none. The next list asks again.
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
