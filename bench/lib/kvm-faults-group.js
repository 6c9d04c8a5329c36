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
import { groupOf, template, tinyTemplate } from './kvm-group.js'
import { until } from './until.js'

/** @import { KvmOptions } from '@flotilla/backend-kvm' */
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
 * What is there that was not, in words; empty when all is as before. Strangers that are gone count too.
 *
 * @param {Contents} before
 * @param {Contents} now
 */
export function difference(before, now) {
  return /** @type {const} */ (['domains', 'volumes', 'entries']).flatMap((kind) => [
    ...now[kind].filter((one) => !before[kind].includes(one)).map((one) => `${kind}: ${one} left`),
    ...before[kind].filter((one) => !now[kind].includes(one)).map((one) => `${kind}: ${one} GONE`),
  ])
}

/**
 * A group of two, then the fault.
 *
 * @param {(group: ReturnType<typeof groupOf>) => Promise<string>} fault
 * @param {{ given?: Partial<KvmOptions>, isReal?: boolean, size?: number }} [how] - `isReal` for machines that boot and serve
 * @returns {Promise<{ said: string[], note: string }>}
 */
export async function withGroup(fault, { given = {}, isReal = false, size = 2 } = {}) {
  const common = { group: 'faults', min: 0, max: 8, launch: { backoff: { baseMs: 300, capMs: 2000 } } }
  const group = groupOf(
    isReal ? common : { ...common, probe: undefined },
    isReal ? { orphanAfterMs: 2000, ...given } : { ...faultTemplate, ...given },
  )
  /** @type {string[]} */
  const said = []
  group.web.on('problem', ({ kind, message }) => said.push(`${kind}: ${message}`))
  group.web.on('instance', ({ to, reason }) => {
    if (to === 'failed' || to === 'terminating') said.push(`${to}: ${reason}`)
  })
  try {
    await group.web.start()
    await group.web.pause('scaling')
    if (size > 0) await sized(group, size)
    said.length = 0
    return { note: await fault(group), said: [...said] }
  } catch (error) {
    const { desired, instances } = group.web.status()
    const states = instances.map(({ name, state, status }) => `${name} ${state} ${status}`)
    const known = [`wanted ${desired}`, ...states, ...new Set(said)].join('; ')
    throw new Error(`${error instanceof Error ? error.message : String(error)} (${known})`, { cause: error })
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
