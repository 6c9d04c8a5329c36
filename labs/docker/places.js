import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * @typedef {object} Places
 * @property {string} workDirectory
 * @property {string} runDirectory - for sockets, whose paths must be short
 * @property {string} network - the user-defined network of the tests
 */

/**
 * One engine.
 *
 * @typedef {object} Node
 * @property {string} name
 * @property {string} namespace - network namespace
 * @property {string} namespacePath
 * @property {string} socket
 * @property {string} pidFile
 * @property {string} dataRoot
 * @property {string} execRoot
 * @property {string} logFile
 * @property {string} address - where the other node reaches it
 * @property {readonly string[]} command - starts it
 */

/**
 * Podman, on the network of the main engine.
 *
 * @typedef {object} Podman
 * @property {string} socket
 * @property {string} root - all its files, the images too
 * @property {string} runRoot - what it notes of what runs; Podman refuses a path of over 50 characters
 * @property {string} configFile
 * @property {string} logFile
 * @property {readonly string[]} command - starts it
 */

/**
 * An engine that runs without rights, as the user nobody.
 *
 * @typedef {object} Rootless
 * @property {string} socket
 * @property {string} root - all its files
 * @property {string} subordinates - which ids its containers' users are to the kernel
 * @property {string} logFile
 * @property {readonly string[]} command - starts it
 */

/** What a lab makes has names that begin so; another beside it on the same machine needs another. */
const prefix = process.env['FLOTILLA_LAB_NAME'] ?? 'flotilla-lab'

/**
 * @param {string} workDirectory
 * @returns {Places}
 */
export function placesOf(workDirectory) {
  return { workDirectory, runDirectory: join(tmpdir(), `${prefix}-docker`), network: 'flotilla-lab' }
}

/**
 * @param {Places} places
 * @returns {readonly [main: Node, second: Node]}
 */
export function nodesOf(places) {
  return [nodeOf(places, 'main', '10.77.0.1'), nodeOf(places, 'second', '10.77.0.2')]
}

/**
 * @param {Places} places
 * @param {string} name
 * @param {string} address
 * @returns {Node}
 */
function nodeOf({ workDirectory, runDirectory }, name, address) {
  const namespace = `${prefix}-${name}`
  const namespacePath = `/run/netns/${namespace}`
  const socket = join(runDirectory, `${name}.sock`)
  const pidFile = join(runDirectory, `${name}.pid`)
  const execRoot = join(runDirectory, name)
  const dataRoot = join(workDirectory, name)
  // `ip netns exec` would mount /sys anew, and the engine would not find its cgroups.
  const command = [
    ['nsenter', `--net=${namespacePath}`],
    // Nodes of a swarm are told apart by their host's name.
    ['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', namespace, 'dockerd'],
    ['--host', `unix://${socket}`, '--pidfile', pidFile],
    ['--data-root', dataRoot, '--exec-root', execRoot],
    ['--cgroup-parent', `/${namespace}`],
  ].flat()
  const logFile = join(workDirectory, `${name}.log`)
  return { name, namespace, namespacePath, socket, pidFile, dataRoot, execRoot, logFile, address, command }
}

/**
 * @param {Places} places
 * @returns {Podman}
 */
export function podmanOf({ workDirectory, runDirectory }) {
  const socket = join(runDirectory, 'podman.sock')
  const root = join(workDirectory, 'podman')
  // Wherever the checkout stands, and whatever the directory of temporary files is called.
  const runRoot = `/run/${prefix}-podman`
  const command = [
    ['nsenter', `--net=/run/netns/${prefix}-main`, 'unshare', '--mount', '--propagation', 'private'],
    // The root is mounted on itself, so that each process of it can be told by its mounts.
    ['sh', '-c', script, root, 'podman', '--root', join(root, 'storage'), '--runroot', runRoot],
    ['--tmpdir', join(root, 'tmp'), '--network-config-dir', join(root, 'networks')],
    ['--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
    ['system', 'service', '--time', '0', `unix://${socket}`],
  ].flat()
  return {
    socket,
    root,
    runRoot,
    configFile: join(workDirectory, 'podman.conf'),
    logFile: join(workDirectory, 'podman.log'),
    command,
  }
}

/** What it notes of addresses goes into its own files, too. */
const script =
  'mount --bind "$0" "$0" && mkdir -p /var/lib/cni && mount --bind "$0/cni" /var/lib/cni && exec "$@"'

/**
 * @param {Places} places
 * @returns {Rootless}
 */
export function rootlessOf({ workDirectory }) {
  // Its user reaches nothing of the work directory.
  const root = join(tmpdir(), `${prefix}-rootless`)
  const run = join(root, 'run')
  const socket = join(run, 'docker.sock')
  const subordinates = join(root, 'subordinates')
  const environment = [
    `HOME=${join(root, 'home')}`,
    `XDG_RUNTIME_DIR=${run}`,
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
  ]
  const command = [
    ['nsenter', `--net=/run/netns/${prefix}-main`, 'unshare', '--mount', '--propagation', 'private'],
    ['sh', '-c', withSubordinates, subordinates],
    ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', 'env', '-i', ...environment],
    ['sh', '/usr/share/docker.io/contrib/dockerd-rootless.sh', '--host', `unix://${socket}`],
    [
      '--data-root',
      join(root, 'data'),
      '--exec-root',
      join(run, 'exec'),
      '--pidfile',
      join(run, 'docker.pid'),
    ],
  ].flat()
  return { socket, root, subordinates, logFile: join(workDirectory, 'rootless.log'), command }
}

/** The host's own files stay as they are. */
const withSubordinates =
  'touch /etc/subuid /etc/subgid && mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid && exec "$@"'
