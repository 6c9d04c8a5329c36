import type { Collection, Kind } from '../resources/collection.js'

/** Members that share the load. */
export interface Pool {
  readonly id: string
  readonly name: string
  readonly protocol: string
  readonly algorithm: string
  readonly memberIds: readonly string[]
  readonly healthMonitorId: string | undefined
  readonly loadBalancerIds: readonly string[]
  readonly provisioningStatus: string
  readonly operatingStatus: string
  /** Whether it is switched on (`admin_state_up`). */
  readonly isUp: boolean | undefined
}

/** Which are listed. */
export interface PoolFilter {
  readonly name?: string | undefined
  readonly loadBalancerId?: string | undefined
  readonly projectId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** What can be changed. */
export interface PoolChanges {
  readonly name?: string | undefined
  readonly algorithm?: 'ROUND_ROBIN' | 'LEAST_CONNECTIONS' | 'SOURCE_IP' | 'SOURCE_IP_PORT' | undefined
  readonly tags?: readonly string[] | undefined
}

/** One to be made: of a listener, or of a load balancer for its listeners to share. */
export interface PoolSpec extends PoolChanges {
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP' | 'UDP' | 'PROXY' | 'PROXYV2' | 'SCTP'
  readonly algorithm: 'ROUND_ROBIN' | 'LEAST_CONNECTIONS' | 'SOURCE_IP' | 'SOURCE_IP_PORT'
  readonly listenerId?: string | undefined
  readonly loadBalancerId?: string | undefined
}

/** The calls of Octavia for pools. */
export type Pools = Collection<Pool, PoolFilter, PoolSpec, PoolChanges>

export const poolKind: Kind<Pool> = {
  label: 'pool',
  one: 'pool',
  many: 'pools',
  path: '/lbaas/pools',
  renamed: { loadBalancerId: 'loadbalancer_id', algorithm: 'lb_algorithm' },
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    protocol: json.text('protocol') ?? '',
    algorithm: json.text('lb_algorithm') ?? '',
    memberIds: json.list('members').map((member) => member.text('id') ?? ''),
    healthMonitorId: json.text('healthmonitor_id'),
    loadBalancerIds: json.list('loadbalancers').map((balancer) => balancer.text('id') ?? ''),
    provisioningStatus: json.text('provisioning_status') ?? '',
    operatingStatus: json.text('operating_status') ?? '',
    isUp: json.flag('admin_state_up'),
  }),
}
