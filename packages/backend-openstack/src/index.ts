export { openstack, type OpenStackGroups } from './backend.js'
export { octavia } from './octavia/octavia.js'
export type { OctaviaOptions } from './octavia/options.js'
export type { OpenStackCloud, OpenStackCloudOptions } from './connection/cloud-options.js'
export { openstackCloud } from './connection/connection.js'
export { labels } from './labels.js'
export type {
  AddressChoice,
  BootVolume,
  NetworkCard,
  NewestImage,
  OpenStackOptions,
  WarmKind,
  WarmPoolOptions,
} from './options/options.js'
export { projectLimits, type ProjectLimitsOptions } from './room/project-limits.js'
