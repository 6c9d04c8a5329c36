import { readFileSync } from 'node:fs'
import { killDaemon as killDaemonOf, killQemu as killQemuOf } from '../../labs/kvm/outage.js'
import {
  define,
  domainXml,
  everyDomain,
  everyHostEntry,
  everyVolume,
  linkedClone,
  virsh,
} from './kvm-bare.js'
import { outcomeOf } from './faults.js'
import { groupOf, template, tinyTemplate } from './kvm-group.js'
import { until } from './until.js'

/** @import { KvmOptions } from '@flotilla/backend-kvm' */
/** @import { Outcome } from './faults.js' */
/** @import { Host, Places } from '../../labs/kvm/places.js' */

/** Machines that halt at once, with an address kept for each; what a dead launch left is swept soon. */
export const faultTemplate = { ...tinyTemplate, port: 80, address: template.address, orphanAfterMs: 2000 }

/** @returns {Host} */
export function mainHost() {
  /** @type {{ places: Places, hosts: readonly [Host, Host] }} */
  const lab = JSON.parse(readFileSync(process.env['FLOTILLA_LIVE_KVM_LAB'] ?? '', 'utf8'))
  return lab.hosts[0]
}

/** @typedef {{ domains: readonly string[], volumes: readonly string[], entries: readonly string[] }} Contents */

/** @returns {Promise<Contents>} what there is on the hypervisor, but for the golden images */
export async function contents() {
  const volumes = (await everyVolume()).filter((name) => name !== 'blank.qcow2')
  return { domains: await everyDomain(), volumes, entries: await everyHostEntry() }
}

const strangerEntry = "<host mac='52:54:00:00:00:01' name='stranger' ip='192.168.122.129'/>"

/** A machine, a disk and an address of somebody else's, with names that look like a group's. */
export async function addStranger() {
  await linkedClone('flotilla.faults.stranger')
  await define(domainXml('flotilla.faults.stranger', { mac: '52:54:00:00:00:01', mib: 16 }))
  await virsh('start', 'flotilla.faults.stranger', '--paused')
  await linkedClone('flotilla.faults.disk-of-nobody')
  await virsh('net-update', 'default', 'add', 'ip-dhcp-host', strangerEntry, '--live', '--config')
  return contents()
}

export async function removeStranger() {
  for (const act of ['destroy', 'undefine'])
    await virsh(act, 'flotilla.faults.stranger').catch(() => undefined)
  for (const name of ['stranger', 'disk-of-nobody']) {
    await virsh('vol-delete', '--pool', 'flotilla', `flotilla.faults.${name}.qcow2`).catch(() => undefined)
  }
  await virsh('net-update', 'default', 'delete', 'ip-dhcp-host', strangerEntry, '--live', '--config').catch(
    () => undefined,
  )
}

/**
 * A group of two, then the fault.
 *
 * @param {(group: ReturnType<typeof groupOf>) => Promise<string>} fault
 * @param {{ given?: Partial<KvmOptions>, isReal?: boolean, size?: number }} [how] - `isReal` for machines that boot and serve
 * @returns {Promise<Outcome>}
 */
export async function withGroup(fault, { given = {}, isReal = false, size = 2 } = {}) {
  const common = { group: 'faults', min: 0, max: 8, launch: { backoff: { baseMs: 300, capMs: 2000 } } }
  const group = groupOf(
    isReal ? common : { ...common, probe: undefined },
    isReal ? { orphanAfterMs: 2000, ...given } : { ...faultTemplate, ...given },
  )
  try {
    return await outcomeOf(group.web, {
      grow: async () => size > 0 && sized(group, size),
      fault: async () => fault(group),
    })
  } finally {
    await group.close()
  }
}

/**
 * @param {ReturnType<typeof groupOf>} group
 * @param {number} size
 * @param {number} [withinMs]
 */
export async function sized(group, size, withinMs = 60_000) {
  await group.web.setDesired(size)
  const isSized = () => group.inService() === size && group.web.status().instances.length === size
  await until(isSized, withinMs)
  const found = (await everyDomain()).filter((name) => /^flotilla\.faults\.(?!stranger)/.test(name)).length
  if (found !== size) throw new Error(`${found} machines where ${size} are wanted`)
}

/** Kills libvirtd, and keeps it down for a while. */
export const killDaemon = async (downMs = 2000) => killDaemonOf(mainHost(), downMs)

/** @param {string} name - of a machine whose QEMU is killed */
export const killQemu = (name) => killQemuOf(mainHost(), name)
