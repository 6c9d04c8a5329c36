import { installMissing } from '../lib/install-missing.js'

/** A file of each package; the shell expands the `*`. */
const needed = [
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
  { packageName: 'xorriso', there: 'ls /usr/bin/xorriso' },
  { packageName: 'iptables', there: 'ls /usr/sbin/iptables' },
  { packageName: 'openssl', there: 'ls /usr/bin/openssl' },
  { packageName: 'iproute2', there: 'ls /usr/sbin/ip' },
]

/** @param {{ signal: AbortSignal, log: (line: string) => void }} given */
export async function installNeeded(given) {
  await installMissing(needed, given)
}
