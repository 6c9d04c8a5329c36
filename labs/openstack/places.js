import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Where things are. The daemons run in a sandbox of their own, with a mount namespace in which `workDirectory` stands at
 * `inside`: a short path, for sockets, and one that the users of the database may enter wherever the checkout is.
 *
 * @typedef {object} Places
 * @property {string} workDirectory
 * @property {string} inside - the same directory, as the daemons see it
 * @property {string} namespace - network namespace
 * @property {string} namespacePath
 * @property {string} initPidFile - of the sandbox's first process, with which all others end
 * @property {string} golden - image of the guests
 * @property {string} cloudsFile
 * @property {string} knobs - directory with a file for each fake host, read at every build and every end
 * @property {string} logs
 */

/** What a lab makes has names that begin so; another beside it on the same machine needs another. */
const prefix = process.env['FLOTILLA_LAB_NAME'] ?? 'flotilla-lab'

/**
 * @param {string} workDirectory
 * @returns {Places}
 */
export function placesOf(workDirectory) {
  const namespace = `${prefix}-openstack`
  return {
    workDirectory,
    inside: '/srv',
    namespace,
    namespacePath: `/run/netns/${namespace}`,
    initPidFile: join(tmpdir(), `${namespace}.pid`),
    golden: join(workDirectory, 'golden.qcow2'),
    cloudsFile: join(workDirectory, 'clouds.yaml'),
    knobs: join(workDirectory, 'knobs'),
    logs: join(workDirectory, 'log'),
  }
}

/** Ports on the sandbox's own loopback. */
export const ports = {
  identity: 15000,
  compute: 15001,
  placement: 15002,
  image: 15003,
  network: 15004,
  database: 15006,
  messages: 15007,
  messagesDistribution: 15008,
  portMapper: 15009,
  cache: 15010,
}

/** @param {keyof typeof ports} name */
const at = (name) => `http://127.0.0.1:${ports[name]}`

export const urls = {
  identity: `${at('identity')}/v3`,
  compute: `${at('compute')}/v2.1`,
  placement: at('placement'),
  image: at('image'),
  network: at('network'),
}

/**
 * Compute hosts. The fake ones build nothing, whatever Nova believes; the last runs guests.
 *
 * @typedef {object} ComputeHost
 * @property {string} name
 * @property {string} zone - availability zone
 * @property {string} kind - flavours of this kind land here
 * @property {'FakeDriver' | 'SmallFakeDriver' | undefined} fake - which of Nova's fake drivers
 */

/** @type {readonly ComputeHost[]} */
export const computeHosts = [
  { name: 'fake1', zone: 'az1', kind: 'fake', fake: 'FakeDriver' },
  { name: 'fake2', zone: 'az2', kind: 'fake', fake: 'FakeDriver' },
  // Two processors and no overcommitment: the third server of it gets "No valid host".
  { name: 'tiny1', zone: 'az-tiny', kind: 'tiny', fake: 'SmallFakeDriver' },
  { name: 'qemu1', zone: 'az-qemu', kind: 'qemu', fake: undefined },
]

/** The cable to the guests: its near end has the address by which this side reaches them. */
export const cable = { near: 'lab0', far: 'lab1', address: '10.77.0.1/16' }
