import { Fields } from '../resources/fields.js'
import type { Kind } from '../resources/collection.js'
import { OpenStackError } from '../openstack-error.js'
import { path } from '../resources/path.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { TaggedCollection } from './tagged-collection.js'

/** The way between networks, and to an external one: floating addresses need it. */
export interface Router {
  readonly id: string
  readonly name: string
  readonly status: string | undefined
  readonly description: string | undefined
  /** The external network; undefined when it has none. */
  readonly externalNetworkId: string | undefined
  /** Its own addresses on the external network. */
  readonly externalAddresses: readonly string[]
  readonly tags: readonly string[]
  readonly projectId: string | undefined
}

/** Which routers are listed. */
export interface RouterFilter {
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly status?: string | undefined
  readonly projectId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** What of a router can be changed. */
export interface RouterChanges {
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** `null` takes the way out away. */
  readonly externalGatewayInfo?:
    | { readonly networkId: string; readonly enableSnat?: boolean | undefined }
    | null
    | undefined
}

/** A router to be made. */
export interface RouterSpec extends RouterChanges {
  readonly name: string
}

const routerKind: Kind<Router> = {
  label: 'router',
  one: 'router',
  many: 'routers',
  path: '/routers',
  read: (json) => {
    const gateway = json.fields('external_gateway_info')
    return {
      id: json.text('id') ?? '',
      name: json.text('name') ?? '',
      status: json.text('status'),
      description: json.text('description'),
      externalNetworkId: gateway.text('network_id'),
      externalAddresses: gateway
        .list('external_fixed_ips')
        .map((ip) => ip.text('ip_address'))
        .filter((address) => address !== undefined),
      tags: json.texts('tags'),
      projectId: json.text('project_id') ?? json.text('tenant_id'),
    }
  },
}

/** Routers, and the subnets that they join. Their ports are listed by `deviceId`. */
export class Routers extends TaggedCollection<Router, RouterFilter, RouterSpec, RouterChanges> {
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    super(context, routerKind)
    this.#context = context
  }

  /**
   * Joins a subnet; the router takes the subnet's gateway address.
   *
   * @returns id of the router's port on it
   * @throws OpenStackError `bad-request` when it is joined already
   */
  async addSubnet(id: string, subnetId: string, options?: CallOptions): Promise<string> {
    const what = `join subnet ${subnetId} to router ${id}`
    const { body, requestId } = await this.#call(what, id, 'add_router_interface', subnetId, options)
    const portId = Fields.of(body).text('port_id')
    if (portId !== undefined) return portId
    throw new OpenStackError('bad-answer', `network: ${what}: the answer has no port_id`, {
      service: this.#context.service,
      requestId,
    })
  }

  /**
   * Takes a subnet away.
   *
   * @returns false when it was not joined, or the router is gone
   * @throws OpenStackError `conflict` while a floating address leads through it
   */
  async removeSubnet(id: string, subnetId: string, options?: CallOptions): Promise<boolean> {
    try {
      const what = `take subnet ${subnetId} from router ${id}`
      await this.#call(what, id, 'remove_router_interface', subnetId, options)
      return true
    } catch (error) {
      if (error instanceof OpenStackError && error.code === 'not-found') return false
      throw error
    }
  }

  #call(
    what: string,
    id: string,
    verb: string,
    subnetId: string,
    options?: CallOptions,
  ): ReturnType<ServiceContext['calls']['request']> {
    return this.#context.calls.request({
      what,
      method: 'PUT',
      path: path`/routers/${id}/${verb}`,
      json: { subnet_id: subnetId },
      // A second time it is refused: after a lost reply that would look like a failure.
      repeatable: false,
      ...options,
    })
  }
}
