import { pages } from '../resources/pages.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import type { CallOptions, QueryValue, ServiceContext } from '../session/request.js'

/** A provider of resources, mostly a compute host. */
export interface ResourceProvider {
  /** Its uuid. */
  readonly id: string
  readonly name: string
  /** Grows with each change. */
  readonly generation: number
  readonly parentId: string | undefined
}

/** How much of one resource class a provider has. */
export interface Inventory {
  readonly total: number
  readonly reserved: number
  readonly allocationRatio: number
  /** The most that one server can have. */
  readonly maxUnit: number
  /** How much can be allocated: (total - reserved) x ratio. */
  readonly capacity: number
}

/** Which providers are listed. */
export interface ProviderFilter {
  readonly name?: string | undefined
  /** Those with room for these, by resource class: `{ VCPU: 2, MEMORY_MB: 2048 }`. */
  readonly resources?: Readonly<Record<string, number>> | undefined
}

const known = { max: '1.39' }

/** Placement, the scheduler's book of resources. By default for admins only. */
export class Placement {
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
  }

  /** Providers of resources, such as compute hosts. Needs the rights of an admin. */
  resourceProviders(filter: ProviderFilter = {}, options: CallOptions = {}): AsyncIterable<ResourceProvider> {
    const query = { name: filter.name, resources: resourcesText(filter.resources) }
    return pages(this.#context.calls, {
      service: 'placement',
      what: 'list resource providers',
      path: '/resource_providers',
      query,
      key: 'resource_providers',
      microversion: known,
      read: readProvider,
      ...options,
    })
  }

  /** By resource class: `VCPU`, `MEMORY_MB`, `DISK_GB`, ... */
  async inventories(id: string, options?: CallOptions): Promise<Readonly<Record<string, Inventory>>> {
    const body = await this.#read(
      'read inventories',
      path`/resource_providers/${id}/inventories`,
      'inventories',
      options,
    )
    const inventories = body.fields('inventories')
    return Object.fromEntries(
      Object.keys(inventories.raw).map((name) => [name, readInventory(inventories.fields(name))]),
    )
  }

  /** Allocated amounts by resource class. */
  async usages(id: string, options?: CallOptions): Promise<Readonly<Record<string, number>>> {
    const body = await this.#read('read usages', path`/resource_providers/${id}/usages`, 'usages', options)
    return body.numberMap('usages')
  }

  /**
   * Number of ways to place one server of this size now: 0 means there is no room.
   *
   * @param resources - by resource class
   * @param limit - counted up to here. Default 1000
   */
  async candidateCount(
    resources: Readonly<Record<string, number>>,
    limit = 1000,
    options?: CallOptions,
  ): Promise<number> {
    const query = { resources: resourcesText(resources), limit }
    const what = 'read allocation candidates'
    const expects = 'allocation_requests'
    const body = await this.#read(what, '/allocation_candidates', expects, options, query)
    return body.list(expects).length
  }

  async #read(
    what: string,
    where: string,
    expects: string,
    options?: CallOptions,
    query?: Readonly<Record<string, QueryValue>>,
  ): Promise<Fields> {
    const call = { what, method: 'GET', path: where, query, expects, microversion: known } as const
    return Fields.of((await this.#context.calls.request({ ...call, ...options })).body)
  }
}

const resourcesText = (resources: Readonly<Record<string, number>> | undefined): string | undefined =>
  resources === undefined
    ? undefined
    : Object.entries(resources)
        .map(([name, amount]) => `${name}:${amount}`)
        .join(',')

const readProvider = (json: Fields): ResourceProvider => ({
  id: json.text('uuid') ?? '',
  name: json.text('name') ?? '',
  generation: json.number('generation') ?? 0,
  parentId: json.text('parent_provider_uuid'),
})

function readInventory(json: Fields): Inventory {
  const total = json.number('total') ?? 0
  const reserved = json.number('reserved') ?? 0
  const allocationRatio = json.number('allocation_ratio') ?? 1
  return {
    total,
    reserved,
    allocationRatio,
    maxUnit: json.number('max_unit') ?? total,
    capacity: Math.floor((total - reserved) * allocationRatio),
  }
}
