import { compareMicroversions } from '../discovery/microversion.js'
import { findOne } from '../resources/find-one.js'
import { isNotFound } from '../openstack-error.js'
import { pages } from '../resources/pages.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { knownFrom } from './known-microversions.js'

/** How servers of a group are placed: on one host, on different hosts, or so where that is possible. */
export type GroupPolicy = 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity'

/** A group of servers that the scheduler keeps together or apart. */
export interface ServerGroup {
  readonly id: string
  readonly name: string
  readonly policy: string
  /** Of `anti-affinity`, from microversion 2.64; undefined means 1. */
  readonly maxServersPerHost: number | undefined
  /** Ids of servers. */
  readonly memberIds: readonly string[]
}

/** A group to be made. */
export interface ServerGroupSpec {
  readonly name: string
  readonly policy: GroupPolicy
  /** Of `anti-affinity`, from microversion 2.64. Default 1. */
  readonly maxServersPerHost?: number | undefined
}

/** Server groups, by which the scheduler keeps servers together or apart. */
export class ServerGroups {
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
  }

  /** Server groups of the project. */
  list(options: CallOptions = {}): AsyncIterable<ServerGroup> {
    return pages(this.#context.calls, {
      service: 'compute',
      what: 'list server groups',
      path: '/os-server-groups',
      key: 'server_groups',
      microversion: knownFrom(),
      read: readGroup,
      ...options,
    })
  }

  /** @throws OpenStackError `not-found` */
  async get(id: string, options: CallOptions = {}): Promise<ServerGroup> {
    const call = {
      what: `get server group ${id}`,
      method: 'GET',
      path: path`/os-server-groups/${id}`,
    } as const
    const known = { expects: 'server_group', microversion: knownFrom() }
    const { body } = await this.#context.calls.request({ ...call, ...known, ...options })
    return readGroup(Fields.of(body).fields('server_group'))
  }

  /** By id, else by name; undefined when there is none. */
  find(nameOrId: string, options: CallOptions = {}): Promise<ServerGroup | undefined> {
    const named = (): AsyncIterable<ServerGroup> => this.list(options)
    return findOne({ service: 'compute', kind: 'server group', nameOrId, named })
  }

  /** Makes a group with one policy. */
  async create(spec: ServerGroupSpec, options: CallOptions = {}): Promise<ServerGroup> {
    const { body } = await this.#context.calls.request({
      what: `create server group ${spec.name}`,
      method: 'POST',
      path: '/os-server-groups',
      expects: 'server_group',
      microversion: knownFrom(leastMicroversion(spec)),
      json: (microversion: string | undefined) => ({ server_group: groupBody(spec, microversion) }),
      ...options,
    })
    return readGroup(Fields.of(body).fields('server_group'))
  }

  /** The servers stay. @returns false when it was gone already */
  async delete(id: string, options: CallOptions = {}): Promise<boolean> {
    try {
      const call = {
        what: `delete server group ${id}`,
        method: 'DELETE',
        path: path`/os-server-groups/${id}`,
      } as const
      await this.#context.calls.request({ ...call, microversion: knownFrom(), ...options })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }
}

function leastMicroversion({ policy, maxServersPerHost }: ServerGroupSpec): string | undefined {
  if (maxServersPerHost !== undefined) return '2.64'
  return policy.startsWith('soft-') ? '2.15' : undefined
}

function groupBody(
  { name, policy, maxServersPerHost }: ServerGroupSpec,
  microversion: string | undefined,
): object {
  if (microversion === undefined || compareMicroversions(microversion, '2.64') < 0)
    return { name, policies: [policy] }
  return {
    name,
    policy,
    rules: maxServersPerHost === undefined ? undefined : { max_server_per_host: maxServersPerHost },
  }
}

const readGroup = (json: Fields): ServerGroup => ({
  id: json.text('id') ?? '',
  name: json.text('name') ?? '',
  policy: json.text('policy') ?? json.texts('policies')[0] ?? '',
  maxServersPerHost: json.fields('rules').number('max_server_per_host'),
  memberIds: json.texts('members'),
})
