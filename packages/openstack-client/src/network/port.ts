import type { Kind } from '../resources/collection.js'
import type { TaggedCollection } from './tagged-collection.js'

/** An address of a port. */
export interface FixedIp {
  readonly subnetId: string
  readonly ipAddress: string
}

/** A place on a network that a server's card is plugged into. */
export interface Port {
  readonly id: string
  readonly name: string
  readonly networkId: string
  /** `ACTIVE`, `DOWN`, `BUILD`. */
  readonly status: string | undefined
  /** Id of the server; undefined while it is free. */
  readonly deviceId: string | undefined
  readonly deviceOwner: string | undefined
  readonly macAddress: string | undefined
  readonly fixedIps: readonly FixedIp[]
  readonly securityGroupIds: readonly string[]
  readonly tags: readonly string[]
  readonly projectId: string | undefined
  readonly description: string | undefined
  /** Epoch milliseconds of the cloud's clock; absent where Neutron stamps nothing. */
  readonly createdAt: number | undefined
  /** Grows with every change; `deleteUnchanged` compares it. */
  readonly revision: number | undefined
}

/** Which ports are listed. */
export interface PortFilter {
  readonly name?: string | undefined
  readonly networkId?: string | readonly string[] | undefined
  readonly deviceId?: string | readonly string[] | undefined
  readonly deviceOwner?: string | undefined
  readonly status?: string | undefined
  readonly projectId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** What of a port can be changed. */
export interface PortChanges {
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Ids. */
  readonly securityGroups?: readonly string[] | undefined
  readonly fixedIps?:
    | readonly { readonly subnetId?: string | undefined; readonly ipAddress?: string | undefined }[]
    | undefined
  readonly allowedAddressPairs?: readonly { readonly ipAddress: string }[] | undefined
  readonly portSecurityEnabled?: boolean | undefined
}

/** A port to be made. */
export interface PortSpec extends PortChanges {
  readonly networkId: string
  readonly tags?: readonly string[] | undefined
}

/** The calls of Neutron for ports. */
export type Ports = TaggedCollection<Port, PortFilter, PortSpec, PortChanges>

export const portKind: Kind<Port> = {
  label: 'port',
  one: 'port',
  many: 'ports',
  path: '/ports',
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    networkId: json.text('network_id') ?? '',
    status: json.text('status'),
    deviceId: json.text('device_id'),
    deviceOwner: json.text('device_owner'),
    macAddress: json.text('mac_address'),
    fixedIps: json.list('fixed_ips').map((ip) => ({
      subnetId: ip.text('subnet_id') ?? '',
      ipAddress: ip.text('ip_address') ?? '',
    })),
    securityGroupIds: json.texts('security_groups'),
    tags: json.texts('tags'),
    projectId: json.text('project_id') ?? json.text('tenant_id'),
    description: json.text('description'),
    createdAt: json.time('created_at'),
    revision: json.number('revision_number'),
  }),
}
