export { openstack, type OpenStackGroups } from './backend.js'
export { octavia } from './octavia/octavia.js'
export type { OctaviaOptions } from './octavia/options.js'
export { openstackCloud, type OpenStackCloud, type OpenStackCloudOptions } from './connection/connection.js'
export { labels } from './labels.js'
export type {
  AddressChoice,
  BootVolume,
  NetworkCard,
  NewestImage,
  OpenStackOptions,
} from './options/options.js'
export { projectLimits, type ProjectLimitsOptions } from './room/project-limits.js'
export type { WarmPoolOptions } from './options/warm-pool-options.js'
