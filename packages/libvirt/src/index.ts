export type { CallOptions, DomainMetadata, Hypervisor, NetworkUpdate } from './hypervisor.js'
export type {
  DomainInfo,
  DomainRef,
  DomainState,
  DomainStateName,
  InterfaceAddress,
  LifecycleEvent,
  LifecycleEventName,
} from './domain-types.js'
export type {
  NetworkLease,
  NetworkRef,
  NodeInfo,
  PoolInfo,
  PoolRef,
  VolumeInfo,
  VolumeRef,
} from './resource-types.js'
export { LibvirtError, type LibvirtErrorOptions } from './libvirt-error.js'
