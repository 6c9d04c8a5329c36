import type { Kind } from '../resources/collection.js'
import type { TaggedCollection } from './tagged-collection.js'

/** An external address that leads to a port. */
export interface FloatingIp {
  readonly id: string
  /** The address. */
  readonly name: string
  /** The address. */
  readonly address: string
  /** Id of its external network. */
  readonly networkId: string
  /** Undefined while it leads nowhere. */
  readonly portId: string | undefined
  readonly fixedAddress: string | undefined
  readonly status: string | undefined
  readonly description: string | undefined
  readonly tags: readonly string[]
  readonly projectId: string | undefined
  /** Epoch milliseconds of the cloud's clock; absent where Neutron stamps nothing. */
  readonly createdAt: number | undefined
  /** Grows with every change; `deleteUnchanged` compares it. */
  readonly revision: number | undefined
}

/** Which floating addresses are listed. */
export interface FloatingIpFilter {
  /** The address. */
  readonly name?: string | undefined
  readonly portId?: string | readonly string[] | undefined
  readonly networkId?: string | undefined
  readonly status?: string | undefined
  readonly description?: string | undefined
  readonly projectId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** The fields of a floating address that can be changed. */
export interface FloatingIpChanges {
  /** Where it leads; `null` for nowhere. */
  readonly portId?: string | null | undefined
  /** Which address of the port. Default: its only one. */
  readonly fixedAddress?: string | undefined
  readonly description?: string | undefined
}

/** A floating address to be made. */
export interface FloatingIpSpec extends FloatingIpChanges {
  /** An external network. */
  readonly networkId: string
  /** The address itself; admins only, on most clouds. */
  readonly address?: string | undefined
}

/** The calls of Neutron for floating addresses. */
export type FloatingIps = TaggedCollection<FloatingIp, FloatingIpFilter, FloatingIpSpec, FloatingIpChanges>

export const floatingIpKind: Kind<FloatingIp> = {
  label: 'floating IP',
  one: 'floatingip',
  many: 'floatingips',
  path: '/floatingips',
  renamed: {
    name: 'floating_ip_address',
    address: 'floating_ip_address',
    networkId: 'floating_network_id',
    fixedAddress: 'fixed_ip_address',
  },
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('floating_ip_address') ?? '',
    address: json.text('floating_ip_address') ?? '',
    networkId: json.text('floating_network_id') ?? '',
    portId: json.text('port_id'),
    fixedAddress: json.text('fixed_ip_address'),
    status: json.text('status'),
    description: json.text('description'),
    tags: json.texts('tags'),
    projectId: json.text('project_id') ?? json.text('tenant_id'),
    createdAt: json.time('created_at'),
    revision: json.number('revision_number'),
  }),
}
