import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { down as labDown, places as labPlaces, up as labUp } from '../../lib/kvm-lab.js'
import { sh } from '../../../labs/lib/sh.js'
import { worldDirectory } from '../store-disk.js'
import { kvmActs } from './kvm-acts.js'
import { bootSector, serveForGuests } from './kvm-guests.js'
import { entriesIn, everyDomain, filesIn, virsh } from './kvm-observer.js'
import { Operator } from './kvm-operator.js'

/** @import { Host } from '../../../labs/kvm/places.js' */
/** @import { Place, World } from '../world.js' */

const max = 4
const intervalMs = 1000
const network = 'chaos'
const golden = 'chaos-golden.qcow2'
const subnet = '192.168.150'
const guestAddresses = { from: `${subnet}.128`, to: `${subnet}.159` }

/** Two libvirtds, and the first one's network namespace, where guests are reached. @type {Place} */
export const place = {
  async up() {
    await labUp()
    const [{ namespacePath }] = labPlaces().hosts
    const version = spawnSync('libvirtd', ['--version'], { encoding: 'utf8' }).stdout.trim()
    return { namespacePath, environment: {}, versions: `${version}, guests emulated (TCG)` }
  },
  down: labDown,
}

/**
 * Machines of 16 MiB on two hypervisors with one pool, behind the embedded proxy.
 *
 * @param {number} seed
 * @returns {Promise<World>}
 */
export async function makeWorld(seed) {
  const { hosts, sharedPool: pool, sharedDirectory } = labPlaces()
  // What a run that was broken off has left.
  await clear(hosts, sharedDirectory)
  const disk = worldDirectory('kvm')
  const { directory } = disk
  await makeGolden(hosts, { directory, pool, sharedDirectory })
  for (const [index, host] of hosts.entries()) await makeNetwork(host, index, directory)
  await sh('ip', ['route', 'replace', 'local', `${subnet}.128/25`, 'dev', 'lo'])
  const guests = serveForGuests(hosts, network)
  const operator = new Operator({ directory: sharedDirectory, pool, golden })
  await operator.define(hosts[0], 'flotilla.chaos.stranger')
  const nobodys = join(sharedDirectory, 'flotilla.chaos.disk-of-nobody.qcow2')
  await sh('qemu-img', ['create', '-q', '-f', 'qcow2', nobodys, '1M'])
  const port = 24_000 + (seed % 1000)

  return {
    name: 'kvm',
    max,
    intervalMs,
    settleMs: 60_000,
    sampleMs: 1000,
    ratePerSecond: 20,
    url: `http://127.0.0.1:${port}/`,
    directory,
    groupModule: new URL('kvm-group.js', import.meta.url).href,
    settings: {
      directory,
      port,
      max,
      intervalMs,
      pool,
      golden,
      network,
      addresses: guestAddresses,
      uris: hosts.map(({ uri }) => uri),
    },
    async machines() {
      const ours = (await everyDomain(hosts)).filter(({ isOurs, isEnded }) => isOurs && !isEnded)
      return [...new Map(ours.map(({ uuid, name }) => [uuid, name])).values()]
    },
    async harm() {
      const isLost = !filesIn(sharedDirectory).includes(nobodys)
      return [...(await operator.harm()), ...(isLost ? ['the disk of nobody is gone'] : [])]
    },
    async leftovers() {
      const domains = (await everyDomain(hosts)).filter((domain) => domain.isOurs && !operator.needs(domain))
      const files = filesIn(sharedDirectory).filter((file) => file !== nobodys && !operator.isNamedIn(file))
      const entries = (await Promise.all(hosts.map((host) => entriesIn(host, network)))).flat()
      const strange = entries.filter(({ mac, name }) => !isPlaceholder(name) && !operator.isNamedIn(mac))
      return [
        ...domains.map(({ name, host }) => `${name} on ${host.name}`),
        ...files,
        ...strange.map(({ name, ip }) => `host entry ${name} of ${ip}`),
      ]
    },
    // What the operator has taken must stay, and that it stays is told.
    isExpected: (problem) =>
      /^backend-problem|it may have left something behind/.test(problem) && operator.isNamedIn(problem),
    frontDiesWithController: true,
    acts: kvmActs({ hosts, operator, pool, network, intervalMs }),
    async down() {
      await guests.stop()
      await clear(hosts, sharedDirectory)
      disk.remove()
    },
  }
}

/**
 * @param {readonly Host[]} hosts
 * @param {{ directory: string, pool: string, sharedDirectory: string }} given
 */
async function makeGolden(hosts, { directory, pool, sharedDirectory }) {
  const raw = join(directory, 'boot.raw')
  writeFileSync(raw, bootSector)
  const file = join(sharedDirectory, golden)
  await sh('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, file])
  for (const { uri } of hosts) await virsh(uri, 'pool-refresh', pool)
}

const isPlaceholder = (/** @type {string} */ name) => name.startsWith('of-the-other-host-')

/**
 * One network over both hosts, as a bridge would be. Each host gives half of the addresses: the others are taken there.
 *
 * @param {Host} host
 * @param {number} index
 * @param {string} directory
 */
async function makeNetwork({ uri }, index, directory) {
  const taken = Array.from({ length: 16 }, (_, number) => 128 + 16 * (1 - index) + number).map(
    (last) =>
      `<host mac='52:54:00:7e:00:${last.toString(16)}' name='of-the-other-host-${last}' ip='${subnet}.${last}'/>`,
  )
  const file = join(directory, 'network.xml')
  writeFileSync(
    file,
    `<network><name>${network}</name><bridge name='virbr7' stp='off' delay='0'/>
<ip address='${subnet}.1' netmask='255.255.255.0'><dhcp>${taken.join('')}</dhcp></ip></network>`,
  )
  await virsh(uri, 'net-define', file)
  await virsh(uri, 'net-start', network)
}

/**
 * Everything of this run, of whomever.
 *
 * @param {readonly Host[]} hosts
 * @param {string} directory
 */
async function clear(hosts, directory) {
  for (const { host, uuid } of await everyDomain(hosts)) {
    await virsh(host.uri, 'destroy', uuid).catch(() => undefined)
    const notes = ['--managed-save', '--snapshots-metadata', '--checkpoints-metadata']
    await virsh(host.uri, 'undefine', uuid, ...notes).catch(() => undefined)
  }
  for (const { uri } of hosts) {
    await virsh(uri, 'net-destroy', network).catch(() => undefined)
    await virsh(uri, 'net-undefine', network).catch(() => undefined)
  }
  for (const file of [...filesIn(directory), join(directory, golden)]) rmSync(file, { force: true })
}
