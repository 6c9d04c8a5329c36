import type { Kind } from '../resources/collection.js'
import { readRule, type SecurityGroupRule } from './security-group-rule.js'
import type { TaggedCollection } from './tagged-collection.js'

/** Rules that ports are given together. */
export interface SecurityGroup {
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  readonly rules: readonly SecurityGroupRule[]
  readonly tags: readonly string[]
  readonly projectId: string | undefined
}

/** Which security groups are listed. */
export interface SecurityGroupFilter {
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly projectId?: string | undefined
  readonly tags?: readonly string[] | undefined
}

/** A security group to be made: it lets everything out, and nothing in. */
export interface SecurityGroupSpec {
  readonly name: string
  readonly description?: string | undefined
}

/** The calls of Neutron for security groups. */
export type SecurityGroups = TaggedCollection<
  SecurityGroup,
  SecurityGroupFilter,
  SecurityGroupSpec,
  Partial<SecurityGroupSpec>
>

export const securityGroupKind: Kind<SecurityGroup> = {
  label: 'security group',
  one: 'security_group',
  many: 'security_groups',
  path: '/security-groups',
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    description: json.text('description'),
    rules: json.list('security_group_rules').map(readRule),
    tags: json.texts('tags'),
    projectId: json.text('project_id') ?? json.text('tenant_id'),
  }),
}
