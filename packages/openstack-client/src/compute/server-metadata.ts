import { isNotFound } from '../openstack-error.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { knownFrom } from './known-microversions.js'

type Metadata = Readonly<Record<string, string>>

/** The metadata of servers: texts by name, each up to 255 characters. */
export class ServerMetadata {
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
  }

  /** All of it. */
  async get(id: string, options?: CallOptions): Promise<Metadata> {
    return this.#call(`read metadata of server ${id}`, 'GET', id, options)
  }

  /** Adds these, or replaces those of the same name. @returns all metadata of the server */
  set(id: string, metadata: Metadata, options?: CallOptions): Promise<Metadata> {
    return this.#call(`set metadata of server ${id}`, 'POST', id, options, metadata)
  }

  /** Replaces all metadata of the server. */
  replace(id: string, metadata: Metadata, options?: CallOptions): Promise<Metadata> {
    return this.#call(`replace metadata of server ${id}`, 'PUT', id, options, metadata)
  }

  /** @returns false when it was not there */
  async remove(id: string, key: string, options?: CallOptions): Promise<boolean> {
    const what = `remove metadata of server ${id}`
    try {
      const call = { what, method: 'DELETE', path: path`/servers/${id}/metadata/${key}` } as const
      await this.#context.calls.request({ ...call, microversion: knownFrom(), ...options })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  async #call(
    what: string,
    method: 'GET' | 'POST' | 'PUT',
    id: string,
    options?: CallOptions,
    metadata?: Metadata,
  ): Promise<Metadata> {
    const { body } = await this.#context.calls.request({
      what,
      method,
      path: path`/servers/${id}/metadata`,
      expects: 'metadata',
      microversion: knownFrom(),
      json: metadata === undefined ? undefined : { metadata },
      // Setting the same metadata twice is the same as once.
      repeatable: true,
      ...options,
    })
    return Fields.of(body).textMap('metadata')
  }
}
