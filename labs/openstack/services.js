import { computeHosts, ports } from './places.js'

/** @import { Places } from './places.js' */

/**
 * A daemon of the control plane.
 *
 * @typedef {object} Service
 * @property {string} name
 * @property {readonly string[]} command
 * @property {Record<string, string>} [env]
 * @property {number} [port] - that it listens on
 * @property {readonly string[]} [answers] - a command that succeeds when it does
 */

/**
 * The daemons, in groups that come up one after another: what a group needs is in those before it.
 *
 * @param {Places} places
 * @returns {{ base: Service[], identity: Service[], apis: Service[], agents: Service[] }}
 */
export function servicesOf({ inside }) {
  const config = (/** @type {readonly string[]} */ ...names) =>
    names.flatMap((name) => ['--config-file', `${inside}/etc/${name}`])
  const python = `${inside}/python`
  return {
    base: [
      {
        name: 'mariadb',
        command: words(
          `/usr/sbin/mariadbd --no-defaults --user=mysql --datadir=${inside}/db --socket=${inside}/db/socket`,
          `--pid-file=${inside}/db/pid --port=${ports.database} --bind-address=127.0.0.1 --skip-name-resolve`,
          '--max-connections=2000 --skip-log-bin --character-set-server=utf8mb3 --performance-schema=0',
          // The data are of no worth when the machine fails.
          '--innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-flush-method=nosync',
          '--innodb-buffer-pool-size=256M',
        ),
        answers: ['mariadb', '--no-defaults', '-uroot', '-S', `${inside}/db/socket`, '-e', 'select 1'],
      },
      {
        name: 'epmd',
        command: ['/usr/bin/epmd', '-address', '127.0.0.1', '-port', `${ports.portMapper}`],
        port: ports.portMapper,
      },
      {
        name: 'rabbitmq',
        command: ['/usr/lib/rabbitmq/bin/rabbitmq-server'],
        env: {
          HOME: `${inside}/rabbit`,
          ERL_EPMD_ADDRESS: '127.0.0.1',
          ERL_EPMD_PORT: `${ports.portMapper}`,
          RABBITMQ_NODENAME: 'lab@localhost',
          RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
          RABBITMQ_NODE_PORT: `${ports.messages}`,
          RABBITMQ_DIST_PORT: `${ports.messagesDistribution}`,
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
          RABBITMQ_CONFIG_FILE: `${inside}/etc/rabbitmq.conf`,
          RABBITMQ_MNESIA_BASE: `${inside}/rabbit`,
          RABBITMQ_LOG_BASE: `${inside}/log`,
          RABBITMQ_LOGS: '-',
          RABBITMQ_ENABLED_PLUGINS_FILE: `${inside}/rabbit/plugins`,
          RABBITMQ_PID_FILE: `${inside}/rabbit/pid`,
          RABBITMQ_CONF_ENV_FILE: '/dev/null',
        },
        port: ports.messages,
      },
      {
        name: 'memcached',
        command: [
          '/usr/bin/memcached',
          '-u',
          'memcache',
          '-l',
          '127.0.0.1',
          '-p',
          `${ports.cache}`,
          '-m',
          '64',
        ],
        port: ports.cache,
      },
      {
        name: 'libvirtd',
        command: ['/usr/sbin/libvirtd', '--pid-file', `${inside}/libvirt/pid`],
        answers: ['virsh', '-c', 'qemu:///system', 'version'],
      },
    ],
    identity: [
      wsgi(
        { name: 'keystone', program: 'keystone-wsgi-public', port: ports.identity, processes: 2, threads: 6 },
        {
          OS_KEYSTONE_CONFIG_DIR: `${inside}/etc`,
        },
      ),
    ],
    apis: [
      wsgi(
        { name: 'placement', program: 'placement-api', port: ports.placement, processes: 1, threads: 8 },
        {
          OS_PLACEMENT_CONFIG_DIR: `${inside}/etc/placement`,
        },
      ),
      { name: 'glance', command: ['/usr/bin/glance-api', ...config('glance-api.conf')], port: ports.image },
      {
        name: 'neutron',
        command: ['/usr/bin/neutron-server', ...config('neutron.conf', 'ml2_conf.ini')],
        env: { PYTHONPATH: python, FLOTILLA_LAB_REAL_HOSTS: realHosts().join(',') },
        port: ports.network,
      },
      { name: 'nova-conductor', command: ['/usr/bin/nova-conductor', ...config('nova.conf')] },
      { name: 'nova-scheduler', command: ['/usr/bin/nova-scheduler', ...config('nova.conf')] },
      { name: 'nova-api', command: ['/usr/bin/nova-api', ...config('nova.conf')], port: ports.compute },
      ...computeHosts.map(({ name, fake }) => ({
        name: `nova-compute-${name}`,
        command:
          fake === undefined
            ? ['/usr/bin/nova-compute', ...config('nova.conf', `nova-${name}.conf`)]
            : ['/usr/bin/python3', `${python}/fake_compute.py`, ...config('nova.conf', `nova-${name}.conf`)],
        env: { FLOTILLA_LAB_KNOBS: `${inside}/knobs/${name}.json` },
      })),
    ],
    // A report that they send before Neutron listens for it costs them a minute.
    agents: [
      {
        name: 'linuxbridge-agent',
        command: [
          '/usr/bin/neutron-linuxbridge-agent',
          ...config('neutron.conf', 'ml2_conf.ini', 'agents.ini'),
        ],
      },
      {
        name: 'dhcp-agent',
        command: ['/usr/bin/neutron-dhcp-agent', ...config('neutron.conf', 'agents.ini')],
      },
    ],
  }
}

/** @param {readonly string[]} lines - of a command, without anything to quote */
const words = (...lines) => lines.join(' ').split(' ')

const realHosts = () => computeHosts.filter(({ fake }) => fake === undefined).map(({ name }) => name)

/**
 * A service behind uWSGI's own HTTP router: its plain HTTP socket cuts connections that are kept open.
 *
 * @param {{ name: string, program: string, port: number, processes: number, threads: number }} given
 * @param {Record<string, string>} env
 * @returns {Service}
 */
function wsgi({ name, program, port, processes, threads }, env) {
  return {
    name,
    command: words(
      '/usr/bin/uwsgi-core --plugins http,python3 --master --die-on-term --no-orphans --lazy-apps --thunder-lock',
      `--enable-threads --buffer-size 65535 --need-app --processes ${processes} --threads ${threads}`,
      `--http 127.0.0.1:${port} --http-keepalive=60 --http-auto-chunked --http-timeout 120 --post-buffering 65536`,
      `--wsgi-file /usr/bin/${program}`,
    ),
    env,
    port,
  }
}
