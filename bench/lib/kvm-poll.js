import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { connect } from '@flotilla/libvirt'
import { uri, virsh } from './kvm-bare.js'
import { removeTiny, tinyDomains } from './kvm-tiny.js'
import { median } from './stats.js'
import { printTable } from './table.js'

/** One clock tick of /proc, in milliseconds. */
const tickMs = 10

/**
 * State and CPU time of all domains: one poll of ours on a connection that stays, against one `virsh domstats`. The two
 * take turns.
 *
 * @param {{ isQuick: boolean }} given
 */
export async function poll({ isQuick }) {
  const rows = []
  const hypervisor = await connect(uri)
  try {
    for (const count of isQuick ? [1, 20] : [1, 20, 100]) {
      await tinyDomains(count)
      const rounds = isQuick ? 10 : 40
      /** @type {Record<'ours' | 'virsh', { wallMs: number[], cpuMs: number }>} */
      const took = { ours: { wallMs: [], cpuMs: 0 }, virsh: { wallMs: [], cpuMs: 0 } }
      let seen = 0
      for (let round = -2; round < rounds; round += 1) {
        const ours = await timed(ownCpuMs, async () => {
          const domains = await hypervisor.connectListAllDomains()
          const infos = await Promise.all(domains.map((domain) => hypervisor.domainGetInfo(domain)))
          seen = infos.length
        })
        const bare = await timed(
          childrenCpuMs,
          async () => void (await virsh('domstats', '--state', '--cpu-total')),
        )
        // The first rounds warm the two up.
        if (round < 0) continue
        for (const [name, { wallMs, cpuMs }] of /** @type {const} */ ([
          ['ours', ours],
          ['virsh', bare],
        ])) {
          took[name].wallMs.push(wallMs)
          took[name].cpuMs += cpuMs / rounds
        }
      }
      const wall = { ours: median(took.ours.wallMs), virsh: median(took.virsh.wallMs) }
      rows.push([
        seen,
        wall.ours.toFixed(2),
        wall.virsh.toFixed(1),
        `1/${(wall.virsh / wall.ours).toFixed(1)}`,
        took.ours.cpuMs.toFixed(2),
        took.virsh.cpuMs.toFixed(1),
        `1/${(took.virsh.cpuMs / took.ours.cpuMs).toFixed(1)}`,
        (loadavg()[0] ?? 0).toFixed(1),
      ])
    }
  } finally {
    await hypervisor.close()
    await removeTiny()
  }
  printTable(
    'One poll of state and CPU time: ms, median; client CPU: ms, mean',
    ['domains', 'ours', 'virsh domstats', 'ratio', 'our CPU', 'its CPU', 'ratio', 'load average'],
    rows,
  )
}

/**
 * @param {() => number} cpuMs
 * @param {() => Promise<void>} work
 */
async function timed(cpuMs, work) {
  const [cpu, startMs] = [cpuMs(), performance.now()]
  await work()
  return { wallMs: performance.now() - startMs, cpuMs: cpuMs() - cpu }
}

function ownCpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Of child processes that have ended. */
function childrenCpuMs() {
  const [, fields = ''] = readFileSync('/proc/self/stat', 'utf8').split(') ')
  const all = fields.split(' ')
  return (Number(all[13]) + Number(all[14])) * tickMs
}
