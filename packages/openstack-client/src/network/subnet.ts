import type { Kind } from '../resources/collection.js'
import type { TaggedCollection } from './tagged-collection.js'

/** A range of addresses of a network. */
export interface Subnet {
  readonly id: string
  readonly name: string
  readonly networkId: string
  readonly ipVersion: 4 | 6
  readonly cidr: string
  readonly description: string | undefined
  readonly gatewayIp: string | undefined
  readonly hasDhcp: boolean | undefined
  readonly dnsNameservers: readonly string[]
  readonly allocationPools: readonly { readonly start: string; readonly end: string }[]
  readonly projectId: string | undefined
}

/** Which subnets are listed. */
export interface SubnetFilter {
  readonly name?: string | undefined
  readonly networkId?: string | readonly string[] | undefined
  readonly ipVersion?: 4 | 6 | undefined
  readonly cidr?: string | undefined
  readonly description?: string | undefined
  readonly projectId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** What of a subnet can be changed. */
export interface SubnetChanges {
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** `null` for none. */
  readonly gatewayIp?: string | null | undefined
  readonly enableDhcp?: boolean | undefined
  readonly dnsNameservers?: readonly string[] | undefined
  readonly allocationPools?: readonly { readonly start: string; readonly end: string }[] | undefined
}

/** A subnet to be made. */
export interface SubnetSpec extends SubnetChanges {
  readonly networkId: string
  readonly ipVersion: 4 | 6
  readonly cidr: string
}

/** The calls of Neutron for subnets. */
export type Subnets = TaggedCollection<Subnet, SubnetFilter, SubnetSpec, SubnetChanges>

export const subnetKind: Kind<Subnet> = {
  label: 'subnet',
  one: 'subnet',
  many: 'subnets',
  path: '/subnets',
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    networkId: json.text('network_id') ?? '',
    ipVersion: json.number('ip_version') === 6 ? 6 : 4,
    cidr: json.text('cidr') ?? '',
    description: json.text('description'),
    gatewayIp: json.text('gateway_ip'),
    hasDhcp: json.flag('enable_dhcp'),
    dnsNameservers: json.texts('dns_nameservers'),
    allocationPools: json.list('allocation_pools').map((pool) => ({
      start: pool.text('start') ?? '',
      end: pool.text('end') ?? '',
    })),
    projectId: json.text('project_id') ?? json.text('tenant_id'),
  }),
}
