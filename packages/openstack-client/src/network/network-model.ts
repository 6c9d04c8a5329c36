import type { Kind } from '../resources/collection.js'
import type { TaggedCollection } from './tagged-collection.js'

/** A network. */
export interface NetworkModel {
  readonly id: string
  readonly name: string
  readonly status: string | undefined
  readonly description: string | undefined
  readonly isUp: boolean | undefined
  readonly isShared: boolean | undefined
  /** Floating addresses come from such ones. */
  readonly isExternal: boolean | undefined
  readonly mtu: number | undefined
  readonly subnetIds: readonly string[]
  readonly tags: readonly string[]
  readonly projectId: string | undefined
}

/** Which networks are listed. */
export interface NetworkFilter {
  readonly name?: string | undefined
  readonly external?: boolean | undefined
  readonly shared?: boolean | undefined
  readonly status?: string | undefined
  readonly description?: string | undefined
  readonly projectId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** A network to be made. */
export interface NetworkSpec {
  readonly name: string
  readonly description?: string | undefined
  readonly mtu?: number | undefined
  readonly shared?: boolean | undefined
  readonly external?: boolean | undefined
  readonly portSecurityEnabled?: boolean | undefined
}

/** The calls of Neutron for networks. */
export type Networks = TaggedCollection<NetworkModel, NetworkFilter, NetworkSpec, Partial<NetworkSpec>>

export const networkKind: Kind<NetworkModel> = {
  label: 'network',
  one: 'network',
  many: 'networks',
  path: '/networks',
  renamed: { external: 'router:external' },
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    status: json.text('status'),
    description: json.text('description'),
    isUp: json.flag('admin_state_up'),
    isShared: json.flag('shared'),
    isExternal: json.flag('router:external'),
    mtu: json.number('mtu'),
    subnetIds: json.texts('subnets'),
    tags: json.texts('tags'),
    projectId: json.text('project_id') ?? json.text('tenant_id'),
  }),
}
