import { existsSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { sh } from '../../labs/lib/sh.js'
import {
  create,
  define,
  domainXml,
  everyDomain,
  freshMac,
  golden,
  leaseOf,
  linkedClone,
  memoryMib,
  overlayOf,
  removeBare,
  untilAnswer,
  uri,
  virsh,
} from './kvm-bare.js'
import { groupOf } from './kvm-group.js'
import { virtInstall } from './kvm-seed-loop.js'
import { median } from './stats.js'
import { printTable } from './table.js'
import { until } from './until.js'
import { sharesByRound, spreadColumns, spreadOf, timesByWay } from './ways.js'

/**
 * From the decision to the first HTTP answer of the machine: cold, by hand, as the labs do it, and from a warm pool. All
 * of one round take turns.
 *
 * @param {{ isQuick: boolean, only: string | undefined }} given - `only: 'warm'` leaves out the cold ways
 */
export async function launches({ isQuick, only }) {
  await sh(
    'sh',
    ['-c', 'command -v virt-install || apt-get install -y -q --no-install-recommends virtinst'],
    {
      timeoutMs: 600_000,
    },
  )
  const ways = {
    'by hand': byHand,
    'by hand, DHCP entry first': byHandWithEntry,
    'virt-install --import': byVirtInstall,
    'virt-clone, full copy': byVirtClone,
  }
  const cold = groupOf({ group: 'cold', min: 0, max: 4 })
  const warm = groupOf({ group: 'warm', min: 0, max: 4 }, { warmPool: { size: 1 } })
  const { took, add } = timesByWay()
  const loads = []
  try {
    for (const { web } of [cold, warm]) {
      await web.start()
      await web.pause('scaling')
    }
    await templateForClone()
    for (let round = 0; round < (only === 'warm' ? 0 : isQuick ? 2 : 6); round += 1) {
      console.log(`round ${round + 1}`)
      for (const [way, launch] of Object.entries(ways)) add(way, await launch(`bare-${round}`))
      add('ours, cold', await ours(cold))
      loads.push(loadavg()[0] ?? 0)
    }
    for (let round = 0; round < (isQuick ? 3 : 12); round += 1) {
      await waiting('warm')
      add('ours, warm pool', await ours(warm))
      loads.push(loadavg()[0] ?? 0)
    }
  } finally {
    await cold.close()
    await warm.backend.endGroup('warm', { signal: AbortSignal.timeout(60_000) })
    await warm.close()
    await removeBare('bare-template')
  }
  const of = (/** @type {string} */ way) => median(took.get(way) ?? [])
  const baseline = took.get('by hand') ?? []
  printTable(
    `Decision to the first HTTP answer, ms; load average ${median(loads).toFixed(1)}`,
    ['way', ...spreadColumns, 'of by hand, medians', 'of by hand, round by round', 'of ours, cold'],
    [...took].map(([way, all]) => [
      way,
      ...spreadOf(all),
      (of(way) / of('by hand')).toFixed(3),
      way.includes('warm') ? '' : median(sharesByRound(all, baseline)).toFixed(2),
      `1/${(of('ours, cold') / of(way)).toFixed(1)}`,
    ]),
  )
}

/**
 * @param {ReturnType<typeof groupOf>} group - empty; is so again afterwards
 * @returns {Promise<number>} ms
 */
async function ours({ web }) {
  const startMs = performance.now()
  await web.setDesired(1)
  const address = () => web.status().instances.find((one) => one.address !== undefined)?.address
  await until(() => address() !== undefined)
  await untilAnswer(address()?.host ?? '')
  const tookMs = performance.now() - startMs
  await web.setDesired(0)
  await until(() => web.status().instances.length === 0)
  return tookMs
}

/**
 * Until the group's warm pool is full, and nothing boots beside it.
 *
 * @param {string} group
 */
async function waiting(group) {
  await until(async () => {
    const names = (await everyDomain()).filter((name) => name.includes(`.${group}.`))
    if (names.length !== 1) return false
    const xml = await virsh('dumpxml', names[0] ?? '').catch(() => '')
    return /warm=["']ready/.test(xml)
  }, 300_000)
  await sleep(2000)
}

/** @param {string} name */
async function byHand(name) {
  const mac = freshMac()
  const startMs = performance.now()
  await linkedClone(name)
  await create(domainXml(name, { mac }))
  await untilAnswer(await leaseOf(mac))
  const tookMs = performance.now() - startMs
  await removeBare(name)
  return tookMs
}

/** @type {number} */
let lastEntry = 99

/** @param {string} name - of a machine whose address is told to the network's server first, as ours does */
async function byHandWithEntry(name) {
  const mac = freshMac()
  lastEntry += 1
  // From the end of the range that the group's own machines take.
  const ip = `192.168.122.${354 - lastEntry}`
  const entry = `<host mac='${mac}' name='${name}' ip='${ip}'/>`
  const startMs = performance.now()
  await linkedClone(name)
  await virsh('net-update', 'default', 'add', 'ip-dhcp-host', entry, '--live')
  await create(domainXml(name, { mac }))
  await untilAnswer(ip)
  const tookMs = performance.now() - startMs
  await removeBare(name)
  await virsh('net-update', 'default', 'delete', 'ip-dhcp-host', entry, '--live')
  return tookMs
}

/** @param {string} name */
async function byVirtInstall(name) {
  const mac = freshMac()
  const startMs = performance.now()
  await linkedClone(name)
  await virtInstall(name, mac)
  await untilAnswer(await leaseOf(mac))
  const tookMs = performance.now() - startMs
  await removeBare(name)
  return tookMs
}

/** A machine with a full copy of the golden image, that `virt-clone` can copy. */
async function templateForClone() {
  const name = 'bare-template'
  if (existsSync(overlayOf(name))) return
  await sh('qemu-img', ['convert', '-q', '-O', 'qcow2', golden, overlayOf(name)])
  const args = [
    '--virt-type',
    'qemu',
    '--memory',
    String(memoryMib),
    '--vcpus',
    '1',
    '--os-variant',
    'generic',
  ]
  const disk = `path=${overlayOf(name)},format=qcow2,bus=virtio`
  const rest = ['--network', 'network=default,model=virtio', '--graphics', 'none', '--import', '--print-xml']
  const xml = await sh('virt-install', ['--connect', uri, '--name', name, ...args, '--disk', disk, ...rest])
  await define(xml)
}

/** @param {string} name */
async function byVirtClone(name) {
  const mac = freshMac()
  const startMs = performance.now()
  const from = ['--connect', uri, '--original', 'bare-template', '--name', name]
  await sh('virt-clone', [...from, '--mac', mac, '--file', overlayOf(name)])
  await virsh('start', name)
  await untilAnswer(await leaseOf(mac))
  const tookMs = performance.now() - startMs
  await removeBare(name)
  return tookMs
}
