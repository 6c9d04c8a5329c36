import { installMissing } from '../lib/install-missing.js'
import { neededForMachines } from '../lib/needed-for-machines.js'

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
  ...neededForMachines,
  { packageName: 'sudo', there: 'ls /usr/bin/sudo' },
  // What the bench compares with.
  { packageName: 'python3-openstackclient', there: 'ls /usr/bin/openstack' },
]

/** @param {{ signal: AbortSignal, log: (line: string) => void }} given */
export async function installNeeded(given) {
  await installMissing(needed, given)
}
