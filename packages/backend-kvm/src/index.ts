export { KvmBackend, kvm } from './backend.js'
export type { KvmHost } from './host/host.js'
export { kvmHost } from './host/open-host.js'
export type { KvmHostOptions } from './options/host-options.js'
export { hypervisorMetrics, type HypervisorMetricsOptions } from './host/hypervisor-metrics.js'
export type {
  AddressOption,
  CloudInitOption,
  GoldenOption,
  KvmOptions,
  NetworkOption,
  PlacementOption,
  WarmPoolOption,
} from './options/kvm-options.js'
