import { isNotFound, OpenStackError } from '../openstack-error.js'
import type { Named } from '../resources/find-one.js'
import { path } from '../resources/path.js'
import { Collection, type Kind } from '../resources/collection.js'
import type { ApiReply, CallOptions, ServiceContext } from '../session/request.js'

/** Things of Neutron, which can be given tags: texts of up to 255 characters, by which they are listed. */
export class TaggedCollection<
  T extends Named,
  Filter extends object,
  Spec extends object,
  Changes extends object,
> extends Collection<T, Filter, Spec, Changes> {
  readonly #context: ServiceContext
  readonly #kind: Kind<T>

  constructor(context: ServiceContext, kind: Kind<T>) {
    super(context, kind)
    this.#context = context
    this.#kind = kind
  }

  /** Adding what is there changes nothing. */
  async addTag(id: string, tag: string, options?: CallOptions): Promise<void> {
    await this.#call(`tag ${this.#kind.label} ${id}`, 'PUT', path`/${id}/tags/${tag}`, options)
  }

  /** @returns false when it was not there */
  async removeTag(id: string, tag: string, options?: CallOptions): Promise<boolean> {
    try {
      await this.#call(`untag ${this.#kind.label} ${id}`, 'DELETE', path`/${id}/tags/${tag}`, options)
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  /** Puts these in the place of all that it has. */
  async replaceTags(id: string, tags: readonly string[], options?: CallOptions): Promise<void> {
    await this.#call(`replace tags of ${this.#kind.label} ${id}`, 'PUT', path`/${id}/tags`, options, { tags })
  }

  /**
   * Deletes it only as it was when its `revision` was read. Where Neutron knows no revisions, whatever it is by now.
   *
   * @returns `gone` when it was so already, `changed` when somebody has changed it since
   */
  async deleteUnchanged(
    { id, revision }: { readonly id: string; readonly revision: number | undefined },
    options?: CallOptions,
  ): Promise<'deleted' | 'gone' | 'changed'> {
    const { label, path: where } = this.#kind
    try {
      await this.#context.calls.request({
        what: `delete ${label} ${id}`,
        method: 'DELETE',
        path: where + path`/${id}`,
        ifMatch: revision === undefined ? undefined : `revision_number=${revision}`,
        ...options,
      })
      return 'deleted'
    } catch (error) {
      if (isNotFound(error)) return 'gone'
      if (error instanceof OpenStackError && error.status === 412) return 'changed'
      throw error
    }
  }

  #call(
    what: string,
    method: 'PUT' | 'DELETE',
    below: string,
    options?: CallOptions,
    json?: unknown,
  ): Promise<ApiReply> {
    const call = { what, method, path: this.#kind.path + below, json }
    return this.#context.calls.request({ ...call, ...options })
  }
}
