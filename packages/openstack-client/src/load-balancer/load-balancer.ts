import type { Collection, Kind } from '../resources/collection.js'

/** A load balancer. */
export interface LoadBalancer {
  readonly id: string
  readonly name: string
  readonly vipAddress: string | undefined
  readonly vipPortId: string | undefined
  readonly vipSubnetId: string | undefined
  /** `ACTIVE`, `PENDING_CREATE`, `PENDING_UPDATE`, `PENDING_DELETE`, `ERROR`. */
  readonly provisioningStatus: string
  /** `ONLINE`, `OFFLINE`, `DEGRADED`, `ERROR`, `NO_MONITOR`. */
  readonly operatingStatus: string
  /** Whether it is switched on (`admin_state_up`). */
  readonly isUp: boolean | undefined
  readonly listenerIds: readonly string[]
  readonly poolIds: readonly string[]
  readonly tags: readonly string[]
  readonly projectId: string | undefined
}

/** Which are listed. */
export interface LoadBalancerFilter {
  readonly name?: string | undefined
  readonly vipAddress?: string | undefined
  readonly provisioningStatus?: string | undefined
  readonly projectId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** One to be made. */
export interface LoadBalancerSpec {
  readonly name: string
  readonly vipSubnetId?: string | undefined
  readonly vipNetworkId?: string | undefined
  readonly vipAddress?: string | undefined
  readonly description?: string | undefined
  readonly flavorId?: string | undefined
  readonly provider?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** What can be changed. */
export interface LoadBalancerChanges {
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** The calls of Octavia for load balancers. */
export type LoadBalancers = Collection<
  LoadBalancer,
  LoadBalancerFilter,
  LoadBalancerSpec,
  LoadBalancerChanges
>

export const loadBalancerKind: Kind<LoadBalancer> = {
  label: 'load balancer',
  one: 'loadbalancer',
  many: 'loadbalancers',
  path: '/lbaas/loadbalancers',
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    vipAddress: json.text('vip_address'),
    vipPortId: json.text('vip_port_id'),
    vipSubnetId: json.text('vip_subnet_id'),
    provisioningStatus: json.text('provisioning_status') ?? '',
    operatingStatus: json.text('operating_status') ?? '',
    isUp: json.flag('admin_state_up'),
    listenerIds: json.list('listeners').map((listener) => listener.text('id') ?? ''),
    poolIds: json.list('pools').map((pool) => pool.text('id') ?? ''),
    tags: json.texts('tags'),
    projectId: json.text('project_id'),
  }),
}
