import type { CallOptions } from '@flotilla/core'
import { collect, isNotFound, type Cloud, type Server } from '@flotilla/openstack-client'
import { ownTag, readLabel } from '../labels.js'

/** Nova's default limit of one page. */
const longestPage = 1000

/** The lists of servers that Nova is asked for, each for all groups of the project. */
export class ServerQueries {
  readonly #client: Cloud
  readonly #call: CallOptions
  /** Whether Nova takes tags at creation (from 2.52): then a list by tag has all of ours. */
  readonly byTag: boolean

  constructor(client: Cloud, call: CallOptions, byTag: boolean) {
    this.#client = client
    this.#call = call
    this.byTag = byTag
  }

  static async open(client: Cloud, call: CallOptions): Promise<ServerQueries> {
    // 2.26 has the filter, but there a tag is added after the creation: a crash in between leaves a server without it.
    return new ServerQueries(client, call, await client.compute.supports('2.52', call))
  }

  /** Servers with our tag; on an older Nova, every server of the project. */
  async all(): Promise<readonly Server[]> {
    return collect(this.#client.compute.servers.list(this.byTag ? { tags: [ownTag] } : {}, this.#call))
  }

  /** Servers in BUILD, also those of others: Nova does not find a server by its tag before it is scheduled. */
  async building(): Promise<readonly Server[]> {
    return collect(this.#client.compute.servers.list({ status: 'BUILD' }, this.#call))
  }

  /**
   * Servers that have changed since a time of the cloud, also those of others and those deleted since; at most one more than
   * `most`.
   */
  async changes(changesSince: number, most: number): Promise<readonly Server[]> {
    const pageSize = Math.min(most + 1, longestPage)
    const changed: Server[] = []
    for await (const server of this.#client.compute.servers.list({ changesSince, pageSize }, this.#call)) {
      changed.push(server)
      if (changed.length > most) break
    }
    return changed
  }

  /** Undefined when Nova does not know it. */
  async one(id: string): Promise<Server | undefined> {
    try {
      return await this.#client.compute.servers.get(id, this.#call)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Whether a server exists and has our metadata, and `all` or `building` would list it; or lost its metadata and has our tag. */
  isOurs({ status, metadata, tags }: Server): boolean {
    if (status === 'DELETED' || status === 'SOFT_DELETED') return false
    const isTagged = tags?.includes(ownTag) === true
    if (readLabel(metadata) === undefined) return this.byTag && isTagged
    return !this.byTag || status === 'BUILD' || isTagged
  }
}
