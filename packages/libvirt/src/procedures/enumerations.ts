import type { DomainStateName, LifecycleEventName } from '../domain-types.js'
import type { PoolInfo } from '../resource-types.js'

/** virDomainState, by its number. */
const states: readonly DomainStateName[] = [
  'nostate',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
]

/** A state that libvirt may add one day is `nostate`, which claims nothing. */
export const domainStateName = (state: number): DomainStateName => states[state] ?? 'nostate'

/** virDomainEventType, by its number. */
const events: readonly LifecycleEventName[] = [
  'defined',
  'undefined',
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pmsuspended',
  'crashed',
]

export const lifecycleEventName = (event: number): LifecycleEventName => events[event] ?? 'unknown'

/** virDomainMemoryStatTags, by its number. */
const memoryTags: readonly string[] = [
  'swap_in',
  'swap_out',
  'major_fault',
  'minor_fault',
  'unused',
  'available',
  'actual',
  'rss',
  'usable',
  'last_update',
  'disk_caches',
  'hugetlb_pgalloc',
  'hugetlb_pgfail',
]

export const memoryTagName = (tag: number): string => memoryTags[tag] ?? `tag-${tag}`

/** virDomainInterfaceAddressesSource. */
export const addressSource = { lease: 0, agent: 1, arp: 2 } as const
/** virDomainMetadataType: ELEMENT. */
export const metadataElement = 2
/** VIR_DOMAIN_EVENT_ID_LIFECYCLE. */
export const lifecycleEventId = 0

/** virIPAddrType. */
export const addressFamily = (type: number): 'ipv4' | 'ipv6' => (type === 1 ? 'ipv6' : 'ipv4')

/** virStoragePoolState, by its number. */
export const poolStates: readonly PoolInfo['state'][] = [
  'inactive',
  'building',
  'running',
  'degraded',
  'inaccessible',
]
