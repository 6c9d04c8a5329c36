export { connect } from './connect.js'
export type { ConnectOptions } from './connect-options.js'
export { flags } from './flags.js'
export type { CallOptions, DomainMetadata, Hypervisor, NetworkUpdate } from './hypervisor.js'
export type {
  DiskError,
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
export type { DomainCapabilitiesWish, LibvirtConnection } from './libvirt-connection.js'
export { LibvirtError, type LibvirtErrorKind, type LibvirtErrorOptions } from './libvirt-error.js'
export { virsh } from './virsh/virsh.js'
export type { VirshOptions } from './virsh/virsh-options.js'
