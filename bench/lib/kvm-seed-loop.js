import { setTimeout as sleep } from 'node:timers/promises'
import { sh } from '../../labs/lib/sh.js'
import { freshMac, leaseOf, linkedClone, memoryMib, overlayOf, removeBare, uri, virsh } from './kvm-bare.js'

const loopMs = 3000
const [least, most] = [1, 5]
const prefix = 'autoscale-vm'

/**
 * The rule of a teaching lab, as it is written there: every 3 s `virsh domstats --cpu-total`; the difference of CPU time
 * by time and vCPU, averaged over the machines; above 70 % a linked clone and `virt-install --import`, below 30 % the last
 * one is destroyed and its disk removed; one to five machines.
 *
 * @param {{ bootImage?: string, onSize: (size: number) => void, onMember: (ip: string) => void, onGone: (ip: string) => void }} given
 */
export async function seedLoop({ bootImage, onSize, onMember, onGone }) {
  const stop = new AbortController()
  /** @type {{ name: string, ip: string | undefined }[]} */
  const machines = []
  /** @type {Map<string, { cpuNs: number, atMs: number }>} */
  let last = new Map()

  const add = async () => {
    const machine = {
      name: `${prefix}${machines.length + 1}`,
      ip: /** @type {string | undefined} */ (undefined),
    }
    const mac = freshMac()
    await linkedClone(machine.name, bootImage)
    await virtInstall(machine.name, mac)
    machines.push(machine)
    onSize(machines.length)
    void addressOf(machine, mac)
  }
  const addressOf = async (/** @type {{ ip: string | undefined }} */ machine, /** @type {string} */ mac) => {
    const ip = await leaseOf(mac).catch(() => undefined)
    if (ip === undefined || !machines.some((one) => one === machine)) return
    machine.ip = ip
    onMember(ip)
  }
  const remove = async () => {
    const machine = machines.pop()
    if (machine === undefined) return
    await removeBare(machine.name)
    if (machine.ip !== undefined) onGone(machine.ip)
    onSize(machines.length)
  }
  const look = async () => {
    const text = await virsh('domstats', '--cpu-total')
    const atMs = performance.now()
    /** @type {typeof last} */
    const now = new Map()
    for (const [, name = '', rest = ''] of text.matchAll(/Domain: '([^']+)'((?:(?!Domain:)[\s\S])*)/g)) {
      if (!name.startsWith(prefix)) continue
      now.set(name, { cpuNs: Number(/cpu\.time=(\d+)/.exec(rest)?.[1] ?? 0), atMs })
    }
    let sum = 0
    for (const [name, { cpuNs }] of now) {
      const before = last.get(name)
      if (before !== undefined) sum += (cpuNs - before.cpuNs) / 1e6 / (atMs - before.atMs)
    }
    const average = now.size === 0 ? 0 : (100 * sum) / now.size
    last = now
    if (machines.length < least) await add()
    else if (average > 70 && machines.length < most) await add()
    else if (average < 30 && machines.length > least) await remove()
  }
  const loop = async () => {
    while (!stop.signal.aborted) {
      await look()
      await sleep(loopMs, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const looping = loop()
  return {
    stop: async () => {
      stop.abort()
      await looping
      while (machines.length > 0) await remove()
    },
  }
}

/**
 * @param {string} name
 * @param {string} mac
 */
export async function virtInstall(name, mac) {
  const disk = ['--disk', `path=${overlayOf(name)},format=qcow2,bus=virtio`]
  const network = ['--network', `network=default,mac=${mac},model=virtio`]
  const rest = [
    '--vcpus',
    '1',
    '--os-variant',
    'generic',
    '--graphics',
    'none',
    '--noautoconsole',
    '--import',
  ]
  const machine = ['--virt-type', 'qemu', '--name', name, '--memory', String(memoryMib)]
  await sh('virt-install', ['--connect', uri, ...machine, ...disk, ...network, ...rest])
}
