import { findOne } from '../resources/find-one.js'
import { isNotFound, OpenStackError } from '../openstack-error.js'
import { pages } from '../resources/pages.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import { Secret } from '../secrets/secret.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { waitFor, type WaitOptions } from '../time/wait-for.js'
import { knownFrom } from './known-microversions.js'
import { readServer } from './read-server.js'
import type { Server } from './server.js'
import { ServerActions } from './server-actions.js'
import { filterQuery, leastForFilter, patternOfName, type ServerFilter } from './server-filter.js'
import { ServerInsight } from './server-insight.js'
import { ServerMetadata } from './server-metadata.js'
import { leastMicroversion, serverBody, type ServerSpec } from './server-spec.js'
import { ServerTags } from './server-tags.js'

/** A server that Nova has accepted. It may still come to ERROR. */
export interface CreatedServer {
  readonly id: string
  /** Request id of the creation, for `insight.action`. */
  readonly requestId: string | undefined
  readonly adminPassword: Secret | undefined
}

/** The fields of a server that can be changed. */
export interface ServerChanges {
  readonly name?: string | undefined
  readonly description?: string | undefined
}

/** Servers, and what is done to them. */
export class Servers extends ServerActions {
  readonly tags: ServerTags
  readonly metadata: ServerMetadata
  /** Addresses, diagnostics, console and past actions of one server. */
  readonly insight: ServerInsight

  constructor(context: ServiceContext) {
    super(context)
    this.tags = new ServerTags(context)
    this.metadata = new ServerMetadata(context)
    this.insight = new ServerInsight(context)
  }

  /**
   * Asks for a server. Never sent again where the first call may have made it: after an error with `maybeDone`, look
   * (by a tag or metadata of your own) before asking again.
   *
   * @throws OpenStackError `quota`, `forbidden`, `bad-request`; no capacity is none: the server comes to ERROR
   */
  async create(spec: ServerSpec, options: CallOptions = {}): Promise<CreatedServer> {
    const { body, requestId } = await this.context.calls.request({
      what: `create server ${spec.name}`,
      method: 'POST',
      path: '/servers',
      expects: 'server',
      microversion: knownFrom(leastMicroversion(spec)),
      json: (microversion: string | undefined) => serverBody(spec, microversion),
      ...options,
    })
    const server = Fields.of(body).fields('server')
    const [id, password] = [server.text('id'), server.text('adminPass')]
    if (id === undefined) {
      throw new OpenStackError('bad-answer', `compute: create server ${spec.name}: the answer has no id`, {
        service: 'compute',
        requestId,
        maybeDone: true,
      })
    }
    return { id, requestId, adminPassword: password === undefined ? undefined : new Secret(password) }
  }

  /** Servers in full, page by page. */
  list(filter: ServerFilter = {}, options: CallOptions = {}): AsyncIterable<Server> {
    return pages(this.context.calls, {
      service: 'compute',
      what: 'list servers',
      path: '/servers/detail',
      query: filterQuery(filter),
      key: 'servers',
      microversion: knownFrom(leastForFilter(filter)),
      read: readServer,
      ...options,
    })
  }

  /** @throws OpenStackError `not-found` */
  async get(id: string, options: CallOptions = {}): Promise<Server> {
    const { body } = await this.context.calls.request({
      what: `get server ${id}`,
      method: 'GET',
      path: path`/servers/${id}`,
      expects: 'server',
      microversion: knownFrom(),
      ...options,
    })
    return readServer(Fields.of(body).fields('server'))
  }

  /** By id, else by name; undefined when there is none. @throws OpenStackError `ambiguous` */
  find(nameOrId: string, options: CallOptions = {}): Promise<Server | undefined> {
    return findOne({
      service: 'compute',
      kind: 'server',
      nameOrId,
      get: (id) => this.get(id, options),
      named: (name) => this.list({ namePattern: patternOfName(name) }, options),
    })
  }

  /** Changes its name or its description. */
  async update(id: string, changes: ServerChanges, options: CallOptions = {}): Promise<Server> {
    const { body } = await this.context.calls.request({
      what: `update server ${id}`,
      method: 'PUT',
      path: path`/servers/${id}`,
      expects: 'server',
      microversion: knownFrom(changes.description === undefined ? undefined : '2.19'),
      json: { server: changes },
      ...options,
    })
    return readServer(Fields.of(body).fields('server'))
  }

  /** Asks for its deletion, which takes a while: see `waitUntilGone`. @returns false when it was gone already */
  async delete(id: string, options: CallOptions = {}): Promise<boolean> {
    try {
      const call = { what: `delete server ${id}`, method: 'DELETE', path: path`/servers/${id}` } as const
      await this.context.calls.request({ ...call, microversion: knownFrom(), ...options })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  /**
   * Waits until the server is as wanted, a status in capitals or a condition.
   *
   * @throws OpenStackError `failed` with the fault's text when it comes to ERROR, or is deleted (unless that is wanted): what
   *   is wanted cannot come any more; `not-found`, `timeout`
   */
  waitFor(
    id: string,
    wanted: string | ((server: Server) => boolean),
    options: WaitOptions = {},
  ): Promise<Server> {
    const isWanted = typeof wanted === 'string' ? (server: Server) => server.status === wanted : wanted
    const what = `server ${id} to be ${typeof wanted === 'string' ? wanted : 'as wanted'}`
    const done = (server: Server): boolean => {
      if (isWanted(server) && (typeof wanted !== 'string' || isSettled(server))) return true
      if (isOver(server)) throw failed(server, what)
      return false
    }
    return waitFor(this.context, {
      ...options,
      service: 'compute',
      what,
      read: (signal) => this.get(id, { signal }),
      done,
    })
  }

  /**
   * Waits until Nova does not know the server any more (status DELETED counts as known), or keeps it only to be restored
   * (`SOFT_DELETED`, see `forceDelete`).
   *
   * @throws OpenStackError `failed` when it came to ERROR instead, `timeout`
   */
  async waitUntilGone(id: string, options: WaitOptions = {}): Promise<void> {
    const read = async (signal: AbortSignal): Promise<Server | undefined> => {
      try {
        return await this.get(id, { signal })
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    }
    await waitFor(this.context, {
      ...options,
      service: 'compute',
      what: `server ${id} to be gone`,
      read,
      done: (server) => {
        if (server === undefined || server.status === 'SOFT_DELETED') return true
        // A server that was in ERROR stays in ERROR while it is being deleted.
        if (server.status === 'ERROR' && !server.isDeleting) throw failed(server, `server ${id} to be gone`)
        return false
      },
    })
  }
}

/** Nova shows the old status until a change is made: a server that is being stopped is still ACTIVE. */
const isSettled = ({ status, taskState }: Server): boolean =>
  taskState === undefined || !/^(ACTIVE|SHUTOFF|PAUSED|SUSPENDED|SHELVED|RESCUE)$/.test(status)

const isDeleted = ({ status }: Server): boolean => status === 'DELETED' || status === 'SOFT_DELETED'

/** Statuses that a server never leaves by itself. */
const isOver = (server: Server): boolean => server.status === 'ERROR' || isDeleted(server)

const failed = ({ status, fault }: Server, what: string): OpenStackError => {
  const why = fault?.message ?? (status === 'ERROR' ? 'no fault is told' : 'somebody has deleted it')
  const text = `compute: wait for ${what}: it came to ${status}: ${why}`
  return new OpenStackError('failed', text, { service: 'compute', fault: fault?.message })
}
