import { setTimeout as sleep } from 'node:timers/promises'
import { median, percentile } from './stats.js'

/** @import { Autoscaler } from '@flotilla/core' */

/** Columns of a table with `cells`. */
export const costColumns = ['tick ms, median', 'p95', 'controller CPU, % of a core', 'RSS MB', 'heap MB']

/**
 * What the controllers of this process cost over a while.
 *
 * @param {readonly Autoscaler[]} timed - whose ticks are timed
 * @param {{ calls: () => number, ms: number }} given - `calls`: how many there were, up to now
 */
export async function costOver(timed, { calls, ms }) {
  /** @type {number[]} */
  const tickMs = []
  const offs = timed.map((group) => group.on('tick', ({ durationMs }) => void tickMs.push(durationMs)))
  const callsBefore = calls()
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  await sleep(ms)
  const { user, system } = process.cpuUsage(cpu)
  const tookMs = performance.now() - startMs
  for (const off of offs) off()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    tookMs,
    tickCount: tickMs.length,
    callCount: calls() - callsBefore,
    cells: [
      median(tickMs).toFixed(1),
      percentile(tickMs, 95).toFixed(1),
      ((100 * (user + system)) / 1000 / tookMs).toFixed(1),
      (rss / 2 ** 20).toFixed(0),
      (heapUsed / 2 ** 20).toFixed(0),
    ],
  }
}

/** @param {readonly Autoscaler[]} groups */
export const instanceCount = (groups) =>
  groups.reduce((sum, group) => sum + group.status().instances.length, 0)

/** @param {Autoscaler} group */
export const readyCount = (group) =>
  group.status().instances.filter(({ state }) => state === 'in-service').length
