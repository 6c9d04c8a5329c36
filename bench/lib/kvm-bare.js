import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sh } from '../../labs/lib/sh.js'

/** Machines made by hand, with the commands that a person types. */

export const uri = process.env['FLOTILLA_LIVE_KVM'] ?? ''
export const golden = process.env['FLOTILLA_LIVE_KVM_GOLDEN'] ?? ''
export const pool = process.env['FLOTILLA_LIVE_KVM_POOL'] ?? ''
export const images = dirname(golden)
export const memoryMib = 96
const leaseWaitMs = 120_000

/** @param {...string} args */
export const virsh = (...args) => sh('virsh', ['-q', '-c', uri, ...args])

/** @param {string} name */
export const overlayOf = (name) => join(images, `${name}.qcow2`)

/**
 * @param {string} name
 * @param {{ mac: string, disk?: string, mib?: number }} given
 */
export function domainXml(name, { mac, disk = overlayOf(name), mib = memoryMib }) {
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>${mib}</memory><vcpu>1</vcpu>
<os><type arch='x86_64'>hvm</type></os><features><acpi/></features>
<devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/><target dev='vda' bus='virtio'/></disk>
<interface type='network'><mac address='${mac}'/><source network='default'/><model type='virtio'/></interface>
<memballoon model='virtio'/>
</devices></domain>`
}

/**
 * A linked clone, as the teaching labs make it.
 *
 * @param {string} name
 * @param {string} [image] - other than the golden one
 */
export async function linkedClone(name, image = basename(golden)) {
  const backing = ['-F', 'qcow2', '-b', join(images, image)]
  await sh('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, overlayOf(name)])
}

/**
 * @param {string} xml
 * @param {...string} options
 */
export const create = (xml, ...options) => withFile(xml, (file) => virsh('create', file, ...options))

/**
 * A machine that stays defined when it ends.
 *
 * @param {string} xml
 */
export const define = (xml) => withFile(xml, (file) => virsh('define', file))

/**
 * @param {string} text
 * @param {(file: string) => Promise<unknown>} use
 */
async function withFile(text, use) {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-xml-'))
  try {
    const file = join(directory, 'domain.xml')
    writeFileSync(file, text)
    await use(file)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * The address that the network gives a MAC, as soon as it has.
 *
 * @param {string} mac
 */
export async function leaseOf(mac) {
  for (const endMs = performance.now() + leaseWaitMs; performance.now() < endMs; await sleep(20)) {
    const found = /(\d+\.\d+\.\d+\.\d+)\//.exec(await virsh('net-dhcp-leases', 'default', '--mac', mac))?.[1]
    if (found !== undefined) return found
  }
  throw new Error(`no lease for ${mac} within ${leaseWaitMs} ms`)
}

/**
 * Until the machine answers.
 *
 * @param {string} ip
 */
export async function untilAnswer(ip) {
  for (const endMs = performance.now() + leaseWaitMs; performance.now() < endMs; await sleep(10)) {
    try {
      const answer = await fetch(`http://${ip}/health`, { signal: AbortSignal.timeout(500) })
      if (answer.ok) return
    } catch {
      // Not yet.
    }
  }
  throw new Error(`${ip} did not answer within ${leaseWaitMs} ms`)
}

/** @param {string} name - of a machine made by hand; ended with its disk */
export async function removeBare(name) {
  await virsh('destroy', name).catch(() => undefined)
  await virsh('undefine', name).catch(() => undefined)
  if (existsSync(overlayOf(name))) rmSync(overlayOf(name))
}

/** A MAC that no machine of this run has had: the network's server remembers those. */
export const freshMac = () =>
  [
    '52:54:00',
    ...Array.from({ length: 3 }, () =>
      Math.floor(256 * Math.random())
        .toString(16)
        .padStart(2, '0'),
    ),
  ].join(':')

/** @returns {Promise<readonly string[]>} names of all machines */
export async function everyDomain() {
  return (await virsh('list', '--all', '--name'))
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

/** @returns {Promise<readonly string[]>} names of all volumes in the pool, as it is on disk */
export async function everyVolume() {
  await virsh('pool-refresh', pool)
  return (await virsh('vol-list', pool))
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '' && name !== basename(golden))
}

/** @returns {Promise<readonly string[]>} MACs with an address of their own in the network */
export async function everyHostEntry() {
  const xml = await virsh('net-dumpxml', 'default')
  return [...xml.matchAll(/<host mac='([^']+)'/g)].map(([, mac]) => mac ?? '')
}
