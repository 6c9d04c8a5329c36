import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { KvmOptions } from '../../../packages/backend-kvm/src/index.js'
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

export function killQemu(domain: string): void {
  const [main] = lab.hosts
  process.kill(Number(readFileSync(join(main.directory, 'run/qemu', `${domain}.pid`), 'utf8')), 'SIGKILL')
}

export async function killDaemon(downMs: number): Promise<void> {
  const [{ heldFile, pidFile }] = lab.hosts
  writeFileSync(heldFile, '')
  process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
  await sleep(downMs)
  rmSync(heldFile)
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 120_000,
): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(100)
  }
}

export interface Running {
  readonly child: ChildProcess
  /** All that it printed. */
  readonly lines: readonly string[]
  readonly ended: Promise<number | null>
}

/** An example as a student runs it, with what differs in the lab. */
export function startExample(
  path: string,
  port: number,
  directory: string,
  ...args: readonly string[]
): Running {
  const program = fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url))
  const child = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env: {
      ...process.env,
      LIBVIRT_DEFAULT_URI: uri,
      POOL: pool,
      GOLDEN: basename(lab.places.golden),
      DOMAIN_TYPE: 'qemu',
      MEMORY_MIB: '96',
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => void lines.push(...String(text).split('\n').filter(Boolean)))
  }
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return { child, lines, ended }
}
