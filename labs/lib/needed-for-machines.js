/** @import { Needed } from './install-missing.js' */

/**
 * libvirt with QEMU, and what a network of machines needs. A file of each package; the shell expands the `*`.
 *
 * @type {readonly Needed[]}
 */
export const neededForMachines = [
  { packageName: 'libvirt-daemon-system', there: 'ls /usr/sbin/libvirtd' },
  {
    packageName: 'libvirt-daemon-driver-qemu',
    there: 'ls /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so',
  },
  { packageName: 'libvirt-clients', there: 'ls /usr/bin/virsh' },
  { packageName: 'qemu-system-x86', there: 'ls /usr/bin/qemu-system-x86_64' },
  { packageName: 'qemu-utils', there: 'ls /usr/bin/qemu-img' },
  { packageName: 'seabios', there: 'ls /usr/share/seabios/bios-256k.bin' },
  { packageName: 'ipxe-qemu', there: 'ls /usr/lib/ipxe/qemu/efi-virtio.rom' },
  { packageName: 'dnsmasq-base', there: 'ls /usr/sbin/dnsmasq' },
  { packageName: 'tini', there: 'ls /usr/bin/tini' },
  // By both its names: Nova calls it by the second.
  { packageName: 'xorriso', there: 'ls /usr/bin/xorriso /usr/bin/xorrisofs' },
  { packageName: 'iptables', there: 'ls /usr/sbin/iptables' },
  { packageName: 'iproute2', there: 'ls /usr/sbin/ip' },
]
