import { limitOf } from '../resources/quota.js'
import type { Fields } from '../resources/fields.js'

/** A limit of the project and how much of it is used. Servers in ERROR count. */
export interface Limit {
  /** `Infinity` when there is none. */
  readonly limit: number
  readonly used: number
}

/** Limits and usage of the project. */
export interface ComputeLimits {
  readonly instances: Limit
  readonly cores: Limit
  readonly ramMib: Limit
  readonly serverGroups: Limit
  /** Servers in one group. */
  readonly serverGroupMemberCount: number
  /** Entries of one server's metadata. */
  readonly metadataItemCount: number
}

/** Reads `absolute` of `/limits`. */
export function readLimits(json: Fields): ComputeLimits {
  const absolute = json.fields('limits').fields('absolute')
  const limit = (max: string, used: string): Limit => ({
    limit: limitOf(absolute.number(max)),
    used: absolute.number(used) ?? 0,
  })
  return {
    instances: limit('maxTotalInstances', 'totalInstancesUsed'),
    cores: limit('maxTotalCores', 'totalCoresUsed'),
    ramMib: limit('maxTotalRAMSize', 'totalRAMUsed'),
    serverGroups: limit('maxServerGroups', 'totalServerGroupsUsed'),
    serverGroupMemberCount: limitOf(absolute.number('maxServerGroupMembers')),
    metadataItemCount: limitOf(absolute.number('maxServerMeta')),
  }
}
