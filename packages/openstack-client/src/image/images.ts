import { findOne } from '../resources/find-one.js'
import { isNotFound, OpenStackError } from '../openstack-error.js'
import { pages } from '../resources/pages.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { waitFor, type WaitOptions } from '../time/wait-for.js'
import { imageQuery, readImage, type Image, type ImageFilter } from './image.js'
import { openSource, type ImageSource, type UploadProgress } from './upload-source.js'

/** An image to be made. Its data come by `upload`. */
export interface ImageSpec {
  readonly name: string
  readonly diskFormat: string
  /** Default `bare`. */
  readonly containerFormat?: string | undefined
  /** Default: the cloud's, mostly `shared`. */
  readonly visibility?: 'public' | 'private' | 'shared' | 'community' | undefined
  readonly minDiskGib?: number | undefined
  readonly minRamMib?: number | undefined
  readonly isProtected?: boolean | undefined
  readonly tags?: readonly string[] | undefined
  readonly properties?: Readonly<Record<string, string>> | undefined
}

/** What an upload takes beside its data. `timeoutMs`: default one hour. */
export interface UploadOptions extends CallOptions {
  /** Told after each piece that was taken up. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined
}

const uploadTimeoutMs = 3_600_000

/** Glance. */
export class Images {
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
  }

  /** Page by page, newest first. */
  list(filter: ImageFilter = {}, options: CallOptions = {}): AsyncIterable<Image> {
    const call = { service: 'image', what: 'list images', path: '/images', key: 'images', read: readImage }
    return pages(this.#context.calls, { ...call, query: imageQuery(filter), ...options })
  }

  /** @throws OpenStackError `not-found` */
  async get(id: string, options: CallOptions = {}): Promise<Image> {
    const call = { what: `get image ${id}`, method: 'GET', path: path`/images/${id}` } as const
    const { body } = await this.#context.calls.request({ ...call, expects: 'id', ...options })
    return readImage(Fields.of(body))
  }

  /** By id, else by name; undefined when there is none. @throws OpenStackError `ambiguous` */
  find(nameOrId: string, options: CallOptions = {}): Promise<Image | undefined> {
    return findOne({
      service: 'image',
      kind: 'image',
      nameOrId,
      get: (id) => this.get(id, options),
      named: (name) => this.list({ name }, options),
    })
  }

  /** The newest that can be used of those that the filter lets through; undefined when there is none. */
  async newest(filter: ImageFilter = {}, options: CallOptions = {}): Promise<Image | undefined> {
    const wanted = { status: 'active', sort: 'created_at:desc', pageSize: 1, ...filter }
    for await (const image of this.list(wanted, options)) {
      // Old Glance passes over a filter that it does not know.
      const has = Object.entries(filter.properties ?? {}).every(
        ([name, value]) => image.properties[name] === value,
      )
      if (has) return image
    }
    return undefined
  }

  /** Makes a record of an image, still without its data. */
  async create(spec: ImageSpec, options: CallOptions = {}): Promise<Image> {
    const { body } = await this.#context.calls.request({
      what: `create image ${spec.name}`,
      method: 'POST',
      path: '/images',
      expects: 'id',
      json: {
        ...spec.properties,
        name: spec.name,
        disk_format: spec.diskFormat,
        container_format: spec.containerFormat ?? 'bare',
        visibility: spec.visibility,
        min_disk: spec.minDiskGib,
        min_ram: spec.minRamMib,
        protected: spec.isProtected,
        tags: spec.tags,
      },
      ...options,
    })
    return readImage(Fields.of(body))
  }

  /**
   * Gives an image its data. Not tried again once it is under way: after a failure delete the image and begin anew.
   *
   * @param source - a file, bytes, or a function that opens a stream
   */
  async upload(id: string, source: ImageSource, options: UploadOptions = {}): Promise<void> {
    const { onProgress, signal, timeoutMs = uploadTimeoutMs } = options
    const { open, sizeBytes } = await openSource(source, onProgress)
    await this.#context.calls.request({
      what: `upload image ${id}`,
      method: 'PUT',
      path: path`/images/${id}/file`,
      stream: {
        open,
        headers: {
          'content-type': 'application/octet-stream',
          ...(sizeBytes === undefined ? {} : { 'content-length': String(sizeBytes) }),
        },
      },
      repeatable: false,
      attemptTimeoutMs: timeoutMs,
      timeoutMs,
      signal,
    })
  }

  /** Sets and, with `undefined`, removes properties. */
  async update(
    id: string,
    properties: Readonly<Record<string, string | undefined>>,
    options: CallOptions = {},
  ): Promise<Image> {
    const has = (await this.get(id, options)).properties
    const changes = Object.entries(properties).flatMap(([name, value]) => {
      const where = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (value !== undefined)
        return [{ op: has[name] === undefined ? 'add' : 'replace', path: where, value }]
      return has[name] === undefined ? [] : [{ op: 'remove', path: where }]
    })
    const { body } = await this.#context.calls.request({
      what: `update image ${id}`,
      method: 'PATCH',
      path: path`/images/${id}`,
      patch: changes,
      expects: 'id',
      ...options,
    })
    return readImage(Fields.of(body))
  }

  /** @returns false when it was gone already. @throws OpenStackError `forbidden` for a protected one, `conflict` for one in use */
  async delete(id: string, options: CallOptions = {}): Promise<boolean> {
    try {
      const call = { what: `delete image ${id}`, method: 'DELETE', path: path`/images/${id}` } as const
      await this.#context.calls.request({ ...call, ...options })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  /** Waits until servers can be made from it. @throws OpenStackError `failed` when it comes to `killed` or `deleted`, `timeout` */
  waitUntilActive(id: string, options: WaitOptions = {}): Promise<Image> {
    const what = `image ${id} to be active`
    const done = ({ status }: Image): boolean => {
      if (!/^(killed|deleted|pending_delete)$/.test(status)) return status === 'active'
      throw new OpenStackError('failed', `image: wait for ${what}: it came to ${status}`, {
        service: 'image',
      })
    }
    const read = (signal: AbortSignal): Promise<Image> => this.get(id, { signal })
    return waitFor(this.#context, { ...options, service: 'image', what, read, done })
  }
}
