import { cable, ports } from '../places.js'
import { databaseUrl, messagesUrl, serviceLogin, tokenChecks } from './common.js'

/** @import { Secrets } from '../secrets.js' */
/** @import { Places } from '../places.js' */
/** @import { Sections } from './ini.js' */

const cableEnd = { physical_interface_mappings: `lab:${cable.far}` }
const noFirewall = { firewall_driver: 'noop' }

/**
 * @param {Places} places
 * @param {Secrets} secrets
 * @returns {Record<string, Sections>}
 */
export const neutronFiles = ({ inside }, secrets) => ({
  'neutron.conf': {
    DEFAULT: {
      state_path: `${inside}/neutron`,
      core_plugin: 'ml2',
      service_plugins: 'router',
      bind_host: '127.0.0.1',
      bind_port: ports.network,
      api_workers: 2,
      rpc_workers: 1,
      api_paste_config: '/etc/neutron/api-paste.ini',
      auth_strategy: 'keystone',
      transport_url: messagesUrl(secrets),
      notify_nova_on_port_status_changes: true,
      notify_nova_on_port_data_changes: true,
      dhcp_agents_per_network: 1,
      agent_down_time: 75,
      host: 'qemu1',
    },
    database: { connection: databaseUrl(secrets, 'neutron') },
    keystone_authtoken: tokenChecks(secrets, 'neutron'),
    nova: serviceLogin(secrets, 'nova'),
    placement: serviceLogin(secrets, 'placement'),
    oslo_concurrency: { lock_path: `${inside}/neutron/lock` },
    agent: { root_helper: 'sudo neutron-rootwrap /etc/neutron/rootwrap.conf', report_interval: 20 },
    quotas: {
      quota_port: 5000,
      quota_network: 100,
      quota_security_group: 200,
      quota_security_group_rule: 2000,
    },
    // Neutron's own name for it in Zed.
    experimental: { linuxbridge: true },
  },
  'ml2_conf.ini': {
    ml2: {
      type_drivers: 'flat,local',
      tenant_network_types: 'local',
      // The first binds ports of the fake hosts, which have no agent.
      mechanism_drivers: 'flotilla_lab,linuxbridge',
      extension_drivers: 'port_security',
    },
    ml2_type_flat: { flat_networks: 'lab' },
    linux_bridge: cableEnd,
    vxlan: { enable_vxlan: false },
    securitygroup: { enable_security_group: true, ...noFirewall },
  },
  'agents.ini': {
    DEFAULT: {
      interface_driver: 'linuxbridge',
      dhcp_driver: 'neutron.agent.linux.dhcp.Dnsmasq',
      enable_isolated_metadata: false,
      enable_metadata_network: false,
    },
    linux_bridge: cableEnd,
    vxlan: { enable_vxlan: false },
    securitygroup: { enable_security_group: false, ...noFirewall },
  },
})
