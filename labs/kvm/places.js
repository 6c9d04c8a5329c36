import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * @typedef {object} Places
 * @property {string} workDirectory
 * @property {string} runDirectory - for sockets, whose paths must be short
 * @property {string} imagesDirectory - of the storage pool, under this path on both hypervisors
 * @property {string} golden - image that clones are made of
 * @property {string} pkiDirectory - certificates, as virsh's `pkipath` has them
 * @property {string} network
 * @property {string} pool
 * @property {string} sharedDirectory - one directory on both hypervisors, as NFS would be
 * @property {string} sharedPool - of it, on both, with a golden image of its own
 */

/**
 * One libvirtd, as if it were a machine: own network, own mounts, own processes to reap.
 *
 * @typedef {object} Host
 * @property {string} name
 * @property {string} namespace - network namespace
 * @property {string} namespacePath
 * @property {string} directory - what it has in place of the machine's own libvirt directories
 * @property {string} imagesDirectory - what it has at the pool's path
 * @property {string} socketDirectory
 * @property {string} uri
 * @property {string} pidFile - of libvirtd
 * @property {string} keeperPidFile - of the process that starts libvirtd again when it ends, and reaps QEMU
 * @property {string} heldFile - while it exists, libvirtd is not started again
 * @property {string} logFile
 * @property {string} uuid - of the machine, as libvirt gives it
 * @property {string} address - on the cable between the two
 * @property {string} subnet - of its guests, without the last number
 * @property {string} forward - mode of its network
 * @property {NodeJS.ProcessEnv} [environment] - of libvirtd, beside this process's own
 */

/** What a lab makes has names that begin so; another beside it on the same machine needs another. */
const prefix = process.env['FLOTILLA_LAB_NAME'] ?? 'flotilla-lab'

/**
 * @param {string} workDirectory
 * @returns {Places}
 */
export function placesOf(workDirectory) {
  const imagesDirectory = join(workDirectory, 'images')
  const runDirectory = join(tmpdir(), `${prefix}-kvm`)
  return {
    workDirectory,
    runDirectory,
    imagesDirectory,
    golden: join(imagesDirectory, 'golden.qcow2'),
    pkiDirectory: join(workDirectory, 'pki'),
    network: 'default',
    pool: 'flotilla',
    sharedDirectory: join(workDirectory, 'shared'),
    sharedPool: 'shared',
  }
}

/**
 * @param {Places} places
 * @returns {readonly [main: Host, second: Host]}
 */
export function hostsOf(places) {
  const main = hostOf(places, 'main', {
    imagesDirectory: places.imagesDirectory,
    uuid: '4b1d0b7e-6f3c-4a52-9a7e-0f1a5c000001',
    address: '10.78.0.1',
    subnet: '192.168.122',
    forward: 'nat',
  })
  const second = hostOf(places, 'second', {
    imagesDirectory: join(places.workDirectory, 'second-images'),
    uuid: '4b1d0b7e-6f3c-4a52-9a7e-0f1a5c000002',
    address: '10.78.0.2',
    subnet: '192.168.123',
    // The suites run in the first namespace, and reach these guests from outside: NAT would not let them in.
    forward: 'open',
  })
  return [main, second]
}

/**
 * A libvirtd that asks polkit about every object. Its sockets are where other users of the machine reach them.
 *
 * @param {Places} places
 * @returns {Host & { rulesDirectory: string, polkitLogFile: string }}
 */
export function guardedHostOf(places) {
  const directory = join(tmpdir(), `${prefix}-kvm-guarded`)
  const host = hostOf(places, 'guarded', {
    imagesDirectory: join(places.workDirectory, 'guarded-images'),
    uuid: '4b1d0b7e-6f3c-4a52-9a7e-0f1a5c000003',
    address: '10.78.0.3',
    subnet: '192.168.124',
    forward: 'open',
  })
  return {
    ...host,
    socketDirectory: directory,
    uri: `qemu:///system?socket=${directory}/libvirt-sock`,
    rulesDirectory: join(directory, 'rules'),
    polkitLogFile: join(places.workDirectory, 'polkit.log'),
    // In the namespace's own room of names, so that it needs no file.
    environment: { DBUS_SYSTEM_BUS_ADDRESS: `unix:abstract=${prefix}-bus` },
  }
}

/**
 * @param {Places} places
 * @param {string} name
 * @param {Pick<Host, 'imagesDirectory' | 'uuid' | 'address' | 'subnet' | 'forward'>} own
 * @returns {Host}
 */
function hostOf({ workDirectory, runDirectory }, name, own) {
  const namespace = `${prefix}-kvm-${name}`
  const socketDirectory = join(runDirectory, name)
  return {
    ...own,
    name,
    namespace,
    namespacePath: `/run/netns/${namespace}`,
    directory: join(workDirectory, name),
    socketDirectory,
    uri: `qemu:///system?socket=${socketDirectory}/libvirt-sock`,
    pidFile: join(runDirectory, `${name}.pid`),
    keeperPidFile: join(runDirectory, `${name}-keeper.pid`),
    heldFile: join(runDirectory, `${name}.held`),
    logFile: join(workDirectory, `${name}.log`),
  }
}
