export { KvmBackend, kvm } from './backend.js'
export { kvmHost, type KvmHost } from './host.js'
export type { KvmHostOptions } from './host-options.js'
export { hypervisorMetrics, type HypervisorMetricsOptions } from './hypervisor-metrics.js'
export type {
  AddressOption,
  CloudInitOption,
  GoldenOption,
  KvmOptions,
  NetworkOption,
  PlacementOption,
  WarmPoolOption,
} from './options.js'
