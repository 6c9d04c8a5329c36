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
