import { installMissing } from '../lib/install-missing.js'

/** A file of each package; the shell expands the `*`. */
const needed = [
  { packageName: 'mariadb-server', there: 'ls /usr/sbin/mariadbd /usr/bin/mariadb-install-db' },
  { packageName: 'mariadb-client', there: 'ls /usr/bin/mariadb' },
  { packageName: 'rabbitmq-server', there: 'ls /usr/lib/rabbitmq/bin/rabbitmq-server' },
  { packageName: 'memcached', there: 'ls /usr/bin/memcached' },
  { packageName: 'keystone', there: 'ls /usr/bin/keystone-wsgi-public' },
  { packageName: 'glance-api', there: 'ls /usr/bin/glance-api' },
  { packageName: 'placement-api', there: 'ls /usr/bin/placement-api' },
  { packageName: 'neutron-server', there: 'ls /usr/bin/neutron-server' },
  { packageName: 'nova-api', there: 'ls /usr/bin/nova-api' },
  { packageName: 'nova-conductor', there: 'ls /usr/bin/nova-conductor' },
  { packageName: 'nova-scheduler', there: 'ls /usr/bin/nova-scheduler' },
  { packageName: 'nova-compute', there: 'ls /usr/bin/nova-compute' },
  // Not nova-compute-qemu, which brings QEMU for every processor there is.
  { packageName: 'nova-compute-kvm', there: 'dpkg -s nova-compute-kvm | grep -q "^Status: .* installed"' },
  { packageName: 'neutron-linuxbridge-agent', there: 'ls /usr/bin/neutron-linuxbridge-agent' },
  { packageName: 'neutron-dhcp-agent', there: 'ls /usr/bin/neutron-dhcp-agent' },
  { packageName: 'uwsgi-core', there: 'ls /usr/bin/uwsgi-core' },
  { packageName: 'uwsgi-plugin-python3', there: 'ls /usr/lib/uwsgi/plugins/python3*_plugin.so' },
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
  { packageName: 'xorriso', there: 'ls /usr/bin/xorrisofs' },
  { packageName: 'sudo', there: 'ls /usr/bin/sudo' },
  { packageName: 'tini', there: 'ls /usr/bin/tini' },
  { packageName: 'iptables', there: 'ls /usr/sbin/iptables' },
  { packageName: 'iproute2', there: 'ls /usr/sbin/ip' },
  // What the bench compares with.
  { packageName: 'python3-openstackclient', there: 'ls /usr/bin/openstack' },
]

/** @param {{ signal: AbortSignal, log: (line: string) => void }} given */
export async function installNeeded(given) {
  await installMissing(needed, given)
}
