import type { Collection, Kind } from '../resources/collection.js'

/** A port that a load balancer listens on. */
export interface Listener {
  readonly id: string
  readonly name: string
  readonly protocol: string
  readonly port: number
  readonly defaultPoolId: string | undefined
  readonly loadBalancerIds: readonly string[]
  readonly provisioningStatus: string
  readonly operatingStatus: string
  /** Whether it is switched on (`admin_state_up`). */
  readonly isUp: boolean | undefined
}

/** Which are listed. */
export interface ListenerFilter {
  readonly name?: string | undefined
  readonly loadBalancerId?: string | undefined
  readonly projectId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** What can be changed. */
export interface ListenerChanges {
  readonly name?: string | undefined
  readonly defaultPoolId?: string | null | undefined
  readonly connectionLimit?: number | undefined
  readonly tags?: readonly string[] | undefined
}

/** One to be made. */
export interface ListenerSpec extends ListenerChanges {
  readonly loadBalancerId: string
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP' | 'UDP' | 'TERMINATED_HTTPS' | 'SCTP'
  readonly port: number
}

/** The calls of Octavia for listeners. */
export type Listeners = Collection<Listener, ListenerFilter, ListenerSpec, ListenerChanges>

export const listenerKind: Kind<Listener> = {
  label: 'listener',
  one: 'listener',
  many: 'listeners',
  path: '/lbaas/listeners',
  renamed: { loadBalancerId: 'loadbalancer_id', port: 'protocol_port' },
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    protocol: json.text('protocol') ?? '',
    port: json.number('protocol_port') ?? 0,
    defaultPoolId: json.text('default_pool_id'),
    loadBalancerIds: json.list('loadbalancers').map((balancer) => balancer.text('id') ?? ''),
    provisioningStatus: json.text('provisioning_status') ?? '',
    operatingStatus: json.text('operating_status') ?? '',
    isUp: json.flag('admin_state_up'),
  }),
}
