import type { Collection, Kind } from '../resources/collection.js'
import type { Fields } from '../resources/fields.js'

/** What may come in or go out. */
export interface SecurityGroupRule {
  readonly id: string
  /** Rules have none of their own: the id. */
  readonly name: string
  readonly securityGroupId: string
  readonly direction: 'ingress' | 'egress'
  readonly etherType: 'IPv4' | 'IPv6'
  /** `tcp`, `udp`, `icmp`, a number; undefined for all. */
  readonly protocol: string | undefined
  readonly portRangeMin: number | undefined
  readonly portRangeMax: number | undefined
  readonly remoteIpPrefix: string | undefined
  readonly remoteGroupId: string | undefined
}

/** Which rules are listed. */
export interface SecurityGroupRuleFilter {
  readonly securityGroupId?: string | undefined
  readonly direction?: 'ingress' | 'egress' | undefined
  readonly protocol?: string | undefined
  readonly projectId?: string | undefined
}

/** A rule to be made. @throws OpenStackError `conflict` when there is such a one */
export interface SecurityGroupRuleSpec {
  readonly securityGroupId: string
  readonly direction: 'ingress' | 'egress'
  /** Default `IPv4`. */
  readonly etherType?: 'IPv4' | 'IPv6' | undefined
  /** Default: all. */
  readonly protocol?: string | undefined
  readonly portRangeMin?: number | undefined
  readonly portRangeMax?: number | undefined
  /** From or to these addresses. Default: all. */
  readonly remoteIpPrefix?: string | undefined
  /** From or to members of this group. */
  readonly remoteGroupId?: string | undefined
  readonly description?: string | undefined
}

/** Rules cannot be changed, only made and deleted. */
export type SecurityGroupRules = Omit<
  Collection<SecurityGroupRule, SecurityGroupRuleFilter, SecurityGroupRuleSpec, Record<string, never>>,
  'update' | 'find'
>

export const readRule = (json: Fields): SecurityGroupRule => ({
  id: json.text('id') ?? '',
  name: json.text('id') ?? '',
  securityGroupId: json.text('security_group_id') ?? '',
  direction: json.text('direction') === 'egress' ? 'egress' : 'ingress',
  etherType: json.text('ethertype') === 'IPv6' ? 'IPv6' : 'IPv4',
  protocol: json.text('protocol'),
  portRangeMin: json.number('port_range_min'),
  portRangeMax: json.number('port_range_max'),
  remoteIpPrefix: json.text('remote_ip_prefix'),
  remoteGroupId: json.text('remote_group_id'),
})

export const ruleKind: Kind<SecurityGroupRule> = {
  label: 'security group rule',
  one: 'security_group_rule',
  many: 'security_group_rules',
  path: '/security-group-rules',
  renamed: { etherType: 'ethertype' },
  read: readRule,
}
