import { ports, urls } from '../places.js'
import { databaseUrl, messagesUrl, serviceLogin, tokenChecks } from './common.js'

/** @import { Secrets } from '../secrets.js' */
/** @import { ComputeHost, Places } from '../places.js' */
/** @import { Sections } from './ini.js' */

/**
 * @param {Places} places
 * @param {Secrets} secrets
 * @returns {Sections}
 */
export const novaSections = ({ inside }, secrets) => ({
  DEFAULT: {
    state_path: `${inside}/nova`,
    instances_path: `${inside}/instances`,
    transport_url: messagesUrl(secrets),
    my_ip: '127.0.0.1',
    enabled_apis: 'osapi_compute',
    osapi_compute_listen: '127.0.0.1',
    osapi_compute_listen_port: ports.compute,
    osapi_compute_workers: 2,
    report_interval: 10,
    service_down_time: 60,
    // Else hosts are mapped into their cell after up to a minute, and servers built before that come to ERROR.
    periodic_fuzzy_delay: 0,
    rpc_response_timeout: 120,
    force_config_drive: false,
    mkisofs_cmd: 'xorrisofs',
    config_drive_format: 'iso9660',
  },
  api_database: { connection: databaseUrl(secrets, 'nova_api') },
  database: { connection: databaseUrl(secrets, 'nova') },
  api: { auth_strategy: 'keystone' },
  wsgi: { api_paste_config: '/etc/nova/api-paste.ini' },
  keystone_authtoken: tokenChecks(secrets, 'nova'),
  service_user: { send_service_user_token: true, ...serviceLogin(secrets, 'nova') },
  placement: serviceLogin(secrets, 'placement'),
  neutron: serviceLogin(secrets, 'neutron'),
  glance: { api_servers: urls.image },
  // There is no Cinder.
  cinder: { catalog_info: 'none:none:none' },
  oslo_concurrency: { lock_path: `${inside}/nova/lock` },
  conductor: { workers: 2 },
  scheduler: { workers: 1, discover_hosts_in_cells_interval: 5, max_attempts: 3 },
  filter_scheduler: {
    enabled_filters: [
      'AvailabilityZoneFilter',
      'ComputeFilter',
      'ComputeCapabilitiesFilter',
      'ImagePropertiesFilter',
      'ServerGroupAntiAffinityFilter',
      'ServerGroupAffinityFilter',
      'AggregateInstanceExtraSpecsFilter',
    ].join(','),
  },
  vnc: { enabled: false },
  // Nova's own defaults from 2023.1 on: who has only the role `reader` may only read.
  oslo_policy: { enforce_new_defaults: true, enforce_scope: true },
})

/**
 * What a compute host has beside the common settings.
 *
 * @param {Places} places
 * @param {ComputeHost} host
 * @returns {Sections}
 */
export function computeSections({ inside }, { name, fake }) {
  if (fake !== undefined) {
    return {
      DEFAULT: {
        host: name,
        compute_driver: `fake.${fake}`,
        reserved_host_memory_mb: 0,
        cpu_allocation_ratio: fake === 'SmallFakeDriver' ? 1 : 16,
        ram_allocation_ratio: 1,
        heal_instance_info_cache_interval: 0,
        sync_power_state_interval: -1,
      },
    }
  }
  return {
    DEFAULT: {
      host: name,
      compute_driver: 'libvirt.LibvirtDriver',
      reserved_host_memory_mb: 1024,
      cpu_allocation_ratio: 16,
      vif_plugging_timeout: 60,
      vif_plugging_is_fatal: true,
    },
    libvirt: {
      connection_uri: 'qemu:///system',
      virt_type: 'qemu',
      cpu_mode: 'none',
      hw_machine_type: 'x86_64=pc',
      inject_partition: -2,
    },
    oslo_concurrency: { lock_path: `${inside}/nova/lock-${name}` },
  }
}
