import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { loadavg } from 'node:os'
import { docker } from '@flotilla/backend-docker'
import { inParallel } from '@flotilla/core/authoring'
import { docker as dockerCommand } from '../../labs/docker/tools.js'
import { containersOf, host } from './docker-group.js'
import { images, node } from './docker-lab.js'
import { median } from './stats.js'
import { printTable } from './table.js'

const { signal } = new AbortController()
const clockTickMs = 10

/**
 * One sample of a group's CPU and memory against `docker stats --no-stream` of the same containers.
 *
 * @param {{ isQuick: boolean }} given
 */
export async function sampling({ isQuick }) {
  const count = isQuick ? 10 : 50
  const backend = docker({ engine: host, image: images.web, port: 8080, pull: 'never' })
  try {
    const tokens = Array.from({ length: count }, (_, index) => `t${index}`)
    await inParallel(tokens, 5, async (token) => backend.launch({ group: 'sampled', token }, { signal }))
    const instances = await backend.list('sampled', { signal })
    // Where its files are is learned once a container, from the engine.
    const coldMs = await timed(() => backend.usage?.(instances, { signal }))
    const ours = await rounds(
      isQuick ? 20 : 100,
      async () => void (await backend.usage?.(instances, { signal })),
    )
    const stats = await rounds(isQuick ? 2 : 5, async () => {
      const args = ['stats', '--no-stream', '--format', '{{.CPUPerc}}']
      await dockerCommand(node.socket, [...args, ...(await containersOf('sampled'))])
    })
    const row = (/** @type {string} */ what, /** @type {Rounds} */ one) => [
      what,
      median(one.tookMs).toFixed(2),
      Math.max(...one.tookMs).toFixed(1),
      (one.daemonMs / one.tookMs.length).toFixed(2),
      (one.ownMs / one.tookMs.length).toFixed(2),
      one.tookMs.length,
    ]
    printTable(
      `One sample of ${count} containers; load average ${loadavg()[0]?.toFixed(1)}`,
      ['how', 'wall ms, median', 'worst', 'daemon CPU ms', 'our CPU ms', 'rounds'],
      [row('usage()', ours), row('docker stats --no-stream', stats)],
    )
    const ratio = median(stats.tookMs) / median(ours.tookMs)
    console.log(
      `1/${ratio.toFixed(0)} of its wall time; the first sample, which asks the engine, ${coldMs.toFixed(0)} ms`,
    )
  } finally {
    const ids = await containersOf('sampled')
    if (ids.length > 0) spawnSync('docker', ['-H', host.host, 'rm', '-f', ...ids])
    await backend.close?.()
  }
}

/** @typedef {{ tookMs: number[], daemonMs: number, ownMs: number }} Rounds */

/**
 * @param {number} count
 * @param {() => Promise<void>} work
 * @returns {Promise<Rounds>}
 */
async function rounds(count, work) {
  const before = daemonMs()
  const own = process.cpuUsage()
  const tookMs = []
  for (let round = 0; round < count; round += 1) tookMs.push(await timed(work))
  const { user, system } = process.cpuUsage(own)
  return { tookMs, daemonMs: daemonMs() - before, ownMs: (user + system) / 1000 }
}

/** @param {() => unknown} work */
async function timed(work) {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

/** CPU time of the engine, its containerd and its shims; milliseconds. */
function daemonMs() {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      if (!command.includes(node.socket) && !command.includes(node.execRoot)) continue
      if (command.startsWith('docker\0')) continue
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      ticks += Number(fields[11]) + Number(fields[12])
    } catch {
      // It has ended.
    }
  }
  return ticks * clockTickMs
}
