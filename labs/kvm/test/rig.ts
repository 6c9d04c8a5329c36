import { readFileSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import type { KvmOptions } from '../../../packages/backend-kvm/src/index.js'
import { startExample, untilWithin, type Running, type Until } from '../../lib/story.js'
import { killDaemon as killDaemonOf, killQemu as killQemuOf } from '../outage.js'
import type { Host, Places } from '../places.js'
import { virsh } from '../tools.js'

/** What the lab brought up. */
interface Lab {
  readonly places: Places
  readonly hosts: readonly [main: Host, second: Host]
}

const file = process.env['FLOTILLA_LIVE_KVM_LAB'] ?? ''
export const lab: Lab = JSON.parse(file === '' ? '{}' : readFileSync(file, 'utf8'))
export const uri: string = process.env['FLOTILLA_LIVE_KVM'] ?? ''
export const secondUri: string = process.env['FLOTILLA_LIVE_KVM_SECOND'] ?? ''
const pool = process.env['FLOTILLA_LIVE_KVM_POOL'] ?? ''
const [from = '', to = ''] = (process.env['FLOTILLA_LIVE_KVM_ADDRESSES'] ?? '').split('-')

/** The lab's guest, emulated. */
export const template: KvmOptions = {
  uri,
  golden: { pool, volume: 'golden.qcow2' },
  domainType: 'qemu',
  memoryMib: 96,
  port: 80,
  address: { from, to },
  shutdownMs: 2000,
}

export async function domainsOf(group: string): Promise<readonly string[]> {
  const names = (await virsh(uri, ['list', '--all', '--name'])).split('\n').map((line) => line.trim())
  return names.filter((name) => name.startsWith(`flotilla.${group}.`))
}

/** What a group has left on the hypervisor: domains, files, and addresses kept for its machines. */
export async function leftOf(group: string): Promise<readonly string[]> {
  const files = readdirSync(lab.places.imagesDirectory).filter((name) => name.includes(`.${group}.`))
  const network = await virsh(uri, ['net-dumpxml', lab.places.network])
  const entries = [...network.matchAll(/<host [^>]*name='([^']+)'/g)].map(([, name]) => name ?? '')
  return [...(await domainsOf(group)), ...files, ...entries.filter((name) => name.includes(`-${group}-`))]
}

export const killQemu = (domain: string): void => killQemuOf(lab.hosts[0], domain)
export const killDaemon = async (downMs: number): Promise<void> => killDaemonOf(lab.hosts[0], downMs)

export const until: Until = untilWithin(120_000, { everyMs: 100 })

/** An example as a student runs it, with what differs in the lab. */
export function startInLab(
  path: string,
  port: number,
  directory: string,
  ...args: readonly string[]
): Running {
  const env = {
    LIBVIRT_DEFAULT_URI: uri,
    POOL: pool,
    GOLDEN: basename(lab.places.golden),
    DOMAIN_TYPE: 'qemu',
    MEMORY_MIB: '96',
    PORT: String(port),
  }
  return startExample(path, args, { directory, env })
}
