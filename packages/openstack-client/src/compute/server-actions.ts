import { OpenStackError } from '../openstack-error.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import type { ApiReply, CallOptions, ServiceContext } from '../session/request.js'
import { knownFrom } from './known-microversions.js'
import { readServer } from './read-server.js'
import type { Server } from './server.js'

/** What a server is rebuilt from. A field that is left out keeps its value. */
export interface RebuildSpec {
  readonly imageId: string
  readonly name?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** An image to be taken of a server. */
export interface SnapshotSpec {
  readonly name: string
  /** Properties of the image. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/**
 * Actions on one server. Nova goes on with an action after its answer: wait for the status that it leads to.
 *
 * @throws OpenStackError `conflict` when its state does not allow it, or it is locked; `retryable` while it is busy
 */
export class ServerActions {
  protected readonly context: ServiceContext

  constructor(context: ServiceContext) {
    this.context = context
  }

  /** `SHUTOFF` to `ACTIVE`. */
  async start(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'start', { 'os-start': null }, options)
  }

  /** `ACTIVE` to `SHUTOFF`: the guest is asked to shut down, and switched off after the cloud's own bound. */
  async stop(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'stop', { 'os-stop': null }, options)
  }

  /** `ACTIVE` to `PAUSED`: it stays in memory. */
  async pause(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'pause', { pause: null }, options)
  }

  /** Lets a paused server go on. */
  async unpause(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'unpause', { unpause: null }, options)
  }

  /** `ACTIVE` to `SUSPENDED`: its memory is on disk. */
  async suspend(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'suspend', { suspend: null }, options)
  }

  /** Lets a suspended server go on. */
  async resume(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'resume', { resume: null }, options)
  }

  /** To `SHELVED`, then `SHELVED_OFFLOADED`: its disk is an image and it takes no host. */
  async shelve(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'shelve', { shelve: null }, options)
  }

  /** Brings a shelved server back onto a host. */
  async unshelve(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'unshelve', { unshelve: null }, options)
  }

  /**
   * Restarts a server.
   *
   * @param kind - `soft` asks the guest, `hard` cuts its power. Default `soft`
   */
  async reboot(id: string, kind: 'soft' | 'hard' = 'soft', options?: CallOptions): Promise<void> {
    await this.#act(id, `reboot`, { reboot: { type: kind.toUpperCase() } }, options)
  }

  /** Rewrites its disk from an image; id, ports and addresses stay. */
  async rebuild(
    id: string,
    { imageId, name, metadata }: RebuildSpec,
    options?: CallOptions,
  ): Promise<Server> {
    const { body } = await this.#act(
      id,
      'rebuild',
      { rebuild: { imageRef: imageId, name, metadata } },
      options,
    )
    return readServer(Fields.of(body).fields('server'))
  }

  /** Locks it, so that only an admin can change it. @param reason - from microversion 2.73 */
  async lock(id: string, reason?: string, options?: CallOptions): Promise<void> {
    const body = { lock: reason === undefined ? null : { locked_reason: reason } }
    await this.#act(id, 'lock', body, options, reason === undefined ? undefined : '2.73')
  }

  /** Deletes for good a server that a cloud with deferred deletion keeps as `SOFT_DELETED`. */
  async forceDelete(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'force the deletion of', { forceDelete: null }, options)
  }

  /** Takes a lock back: its owner may change the server again. */
  async unlock(id: string, options?: CallOptions): Promise<void> {
    await this.#act(id, 'unlock', { unlock: null }, options)
  }

  /**
   * Takes an image of its disk: the golden image of a running server. It is ready when Glance says `active`.
   *
   * @returns id of the image
   */
  async createImage(id: string, { name, metadata }: SnapshotSpec, options?: CallOptions): Promise<string> {
    const reply = await this.#act(
      id,
      'create image of',
      { createImage: { name, metadata: metadata ?? {} } },
      options,
    )
    // Below microversion 2.45 the id stands at the end of an address only.
    const imageId =
      Fields.of(reply.body).text('image_id') ?? /([^/]+)\/?$/.exec(reply.headers.get('location') ?? '')?.[1]
    if (imageId !== undefined) return imageId
    throw new OpenStackError(
      'bad-answer',
      `compute: create image of server ${id}: the answer has no image id`,
      {
        service: 'compute',
        requestId: reply.requestId,
        maybeDone: true,
      },
    )
  }

  #act(id: string, verb: string, json: unknown, options?: CallOptions, min?: string): Promise<ApiReply> {
    return this.context.calls.request({
      what: `${verb} server ${id}`,
      method: 'POST',
      path: path`/servers/${id}/action`,
      microversion: knownFrom(min),
      json,
      ...options,
    })
  }
}
