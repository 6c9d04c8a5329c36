import { isNotFound } from '../openstack-error.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import type { ApiReply, ApiRequest, CallOptions, ServiceContext } from '../session/request.js'
import { knownFrom } from './known-microversions.js'

/** The tags of servers, from microversion 2.26. A tag has up to 60 characters, no `,` and no `/`. */
export class ServerTags {
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
  }

  /** All of them. */
  async list(id: string, options?: CallOptions): Promise<readonly string[]> {
    const { body } = await this.#call(`list tags of server ${id}`, 'GET', path`/servers/${id}/tags`, options)
    return Fields.of(body).texts('tags')
  }

  /** Adding what is there changes nothing. */
  async add(id: string, tag: string, options?: CallOptions): Promise<void> {
    await this.#call(`tag server ${id}`, 'PUT', path`/servers/${id}/tags/${tag}`, options)
  }

  /** @returns false when it was not there */
  async remove(id: string, tag: string, options?: CallOptions): Promise<boolean> {
    try {
      await this.#call(`untag server ${id}`, 'DELETE', path`/servers/${id}/tags/${tag}`, options)
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  /** @returns the tags that it has now */
  async replace(id: string, tags: readonly string[], options?: CallOptions): Promise<readonly string[]> {
    const what = `replace tags of server ${id}`
    const { body } = await this.#call(what, 'PUT', path`/servers/${id}/tags`, options, { tags })
    return Fields.of(body).texts('tags')
  }

  #call(
    what: string,
    method: ApiRequest['method'],
    where: string,
    options?: CallOptions,
    json?: unknown,
  ): Promise<ApiReply> {
    const microversion = knownFrom('2.26')
    const expects = where.endsWith('/tags') ? 'tags' : undefined
    const call = { what, method, path: where, expects, microversion, json }
    return this.#context.calls.request({ ...call, ...options })
  }
}
