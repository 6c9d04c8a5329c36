import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { qemuSettings } from '../lib/qemu-settings.js'

/** @import { Host, Places } from './places.js' */

/** libvirt's directories, which each host has in place of the machine's own. */
export const libvirtDirectories = [
  { name: 'etc', path: '/etc/libvirt' },
  { name: 'lib', path: '/var/lib/libvirt' },
  { name: 'cache', path: '/var/cache/libvirt' },
  { name: 'log', path: '/var/log/libvirt' },
  { name: 'run', path: '/run/libvirt' },
]

/**
 * Writes a host's own libvirt directories, with its settings.
 *
 * @param {Places} places
 * @param {Host} host
 */
export function writeConfiguration(places, host) {
  for (const { name } of libvirtDirectories) mkdirSync(join(host.directory, name), { recursive: true })
  mkdirSync(host.socketDirectory, { recursive: true, mode: 0o700 })
  mkdirSync(host.imagesDirectory, { recursive: true })
  // Debian's own network filters, or libvirtd complains.
  const filters = '/etc/libvirt/nwfilter'
  if (existsSync(filters)) cpSync(filters, join(host.directory, 'etc/nwfilter'), { recursive: true })
  writeFileSync(join(host.directory, 'etc/libvirtd.conf'), daemonSettings(places, host))
  writeFileSync(join(host.directory, 'etc/qemu.conf'), qemuSettings)
}

/**
 * @param {Places} places
 * @param {Host} host
 */
function daemonSettings({ pkiDirectory }, { socketDirectory, uuid, logFile }) {
  return `host_uuid = "${uuid}"
unix_sock_dir = "${socketDirectory}"
auth_unix_ro = "none"
auth_unix_rw = "none"
listen_addr = "127.0.0.1"
listen_tcp = 1
auth_tcp = "none"
listen_tls = 1
auth_tls = "none"
ca_file = "${pkiDirectory}/cacert.pem"
cert_file = "${pkiDirectory}/servercert.pem"
key_file = "${pkiDirectory}/serverkey.pem"
log_outputs = "3:file:${logFile}"
`
}

/**
 * As Debian's own, but with addresses left over that no machine gets unasked.
 *
 * @param {Host} host
 * @param {string} name
 */
export function networkXml({ subnet, forward }, name) {
  return `<network>
  <name>${name}</name>
  <forward mode='${forward}'/>
  <bridge name='virbr0' stp='on' delay='0'/>
  <ip address='${subnet}.1' netmask='255.255.255.0'>
    <dhcp><range start='${subnet}.2' end='${subnet}.127'/></dhcp>
  </ip>
</network>
`
}

/**
 * @param {string} name
 * @param {string} directory
 */
export function poolXml(name, directory) {
  return `<pool type='dir'><name>${name}</name><target><path>${directory}</path></target></pool>\n`
}
