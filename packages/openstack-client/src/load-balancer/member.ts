import type { Kind } from '../resources/collection.js'

/** A server in a pool. */
export interface Member {
  readonly id: string
  readonly name: string
  readonly address: string
  readonly port: number
  /** Share of the load, 0 to 256; 0 takes no new connections. */
  readonly weight: number
  readonly isUp: boolean | undefined
  readonly isBackup: boolean | undefined
  readonly subnetId: string | undefined
  readonly provisioningStatus: string
  /** `ONLINE`, `OFFLINE`, `ERROR` as the health monitor sees it; `NO_MONITOR` without one. */
  readonly operatingStatus: string
}

/** Which are listed. */
export interface MemberFilter {
  readonly name?: string | undefined
  readonly address?: string | undefined
  readonly port?: number | undefined
  readonly tags?: readonly string[] | undefined
}

/** What can be changed. */
export interface MemberChanges {
  readonly name?: string | undefined
  readonly weight?: number | undefined
  /** Whether it takes any load. Default true. */
  readonly adminStateUp?: boolean | undefined
  readonly backup?: boolean | undefined
  readonly monitorAddress?: string | null | undefined
  readonly monitorPort?: number | null | undefined
  readonly tags?: readonly string[] | undefined
}

/** A member to be made. No other member of the pool may have its address and port. */
export interface MemberSpec extends MemberChanges {
  readonly address: string
  readonly port: number
  /** Subnet by which it is reached. */
  readonly subnetId?: string | undefined
}

export const memberKind = (where: string): Kind<Member> => ({
  label: 'member',
  one: 'member',
  many: 'members',
  path: where,
  renamed: { port: 'protocol_port' },
  read: (json) => ({
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    address: json.text('address') ?? '',
    port: json.number('protocol_port') ?? 0,
    weight: json.number('weight') ?? 1,
    isUp: json.flag('admin_state_up'),
    isBackup: json.flag('backup'),
    subnetId: json.text('subnet_id'),
    provisioningStatus: json.text('provisioning_status') ?? '',
    operatingStatus: json.text('operating_status') ?? '',
  }),
})
