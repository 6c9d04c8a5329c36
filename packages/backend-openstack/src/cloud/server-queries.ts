import type { CallOptions } from '@flotilla/core'
import { collect, isNotFound, type Cloud, type Server } from '@flotilla/openstack-client'
import { ownTag, readLabel } from '../labels.js'

/** The most that Nova gives in one page, unless it is set up otherwise. */
const longestPage = 1000

/** What Nova is asked for, of all groups of the project. */
export class ServerQueries {
  readonly #client: Cloud
  readonly #call: CallOptions
  /** Nova takes tags at creation, so that a list by tag shows all of ours. */
  readonly byTag: boolean

  constructor(client: Cloud, call: CallOptions, byTag: boolean) {
    this.#client = client
    this.#call = call
    this.byTag = byTag
  }

  static async open(client: Cloud, call: CallOptions): Promise<ServerQueries> {
    // 2.26 has the filter, but a tag that is given after the creation comes too late for a crash in between.
    return new ServerQueries(client, call, await client.compute.supports('2.52', call))
  }

  /** Those with our tag; of an older Nova, all that there are. */
  async all(): Promise<readonly Server[]> {
    return collect(this.#client.compute.servers.list(this.byTag ? { tags: [ownTag] } : {}, this.#call))
  }

  /** Those in BUILD, anybody's: Nova does not find one by its tag before it is scheduled. */
  async building(): Promise<readonly Server[]> {
    return collect(this.#client.compute.servers.list({ status: 'BUILD' }, this.#call))
  }

  /** Those that have changed since a time of the cloud, anybody's, and the gone among them; no more than one beyond `most`. */
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

  /** It is still there, and has our metadata and what `all` or `building` would show it by; or had it, and has our tag still. */
  isOurs({ status, metadata, tags }: Server): boolean {
    if (status === 'DELETED' || status === 'SOFT_DELETED') return false
    const isTagged = tags?.includes(ownTag) === true
    if (readLabel(metadata) === undefined) return this.byTag && isTagged
    return !this.byTag || status === 'BUILD' || isTagged
  }
}
