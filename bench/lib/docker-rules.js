import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { targetTracking, threshold } from '@flotilla/core'
import { Front } from './docker-front.js'
import { groupBehind } from './docker-group.js'
import { loadFromOutside } from './docker-loader.js'
import { shellLoop } from './docker-shell-loop.js'
import { printTable } from './table.js'
import { until } from './until.js'

/** @import { AutoscalerOptions } from '@flotilla/core' */

/** Some 0.66 cores and what a request costs beside: at 20 % of a core for each, four replicas. */
const load = { ratePerSecond: 33, slowRatio: 0, postRatio: 0, retriesStale: true }
const cpuMs = 20
const wanted = 4
const holdMs = 12_000

/**
 * @typedef {object} Course
 * @property {string} rule
 * @property {Map<number, number>} reachedMs - each size for the first time after the load began
 * @property {number} most - the largest size seen
 * @property {number | undefined} backMs - to one replica, from the end of the load
 * @property {number[]} decided - sizes asked for, in turn
 * @property {number} failed - requests
 * @property {number} loadAverage
 */

/** The shell loop's rule, ours with the same thresholds, and target tracking: one after another under the same load. */
export async function rules() {
  /** @type {Course[]} */
  const courses = []
  courses.push(await course('shell loop', withShell, true))
  courses.push(await course('our threshold, interval 2 s', withOurs(example), true))
  courses.push(await course('target tracking, from a tick on', withOurs(tracking, true), false))
  courses.push(await course('target tracking, at any moment', withOurs(tracking), false))
  courses.push(await course('target tracking, at any moment', withOurs(tracking), false))
  const base = courses[0]?.reachedMs.get(wanted)
  const seconds = (/** @type {number | undefined} */ ms) => (ms === undefined ? '-' : (ms / 1000).toFixed(1))
  printTable(
    `A load step of ${(load.ratePerSecond * cpuMs) / 1000} cores: seconds to each size in service`,
    [
      'rule',
      'to 2',
      'to 3',
      `to ${wanted}`,
      'of the loop',
      'most',
      'sizes asked',
      'back to 1',
      'failed',
      'load average',
    ],
    courses.map(({ rule, reachedMs, most, backMs, decided, failed, loadAverage }) => [
      rule,
      seconds(reachedMs.get(2)),
      seconds(reachedMs.get(3)),
      seconds(reachedMs.get(wanted)),
      base === undefined ? '-' : ((reachedMs.get(wanted) ?? NaN) / base).toFixed(3),
      most,
      decided.join(' '),
      seconds(backMs),
      failed,
      loadAverage.toFixed(1),
    ]),
  )
}

const common = { group: 'rules', min: 1, max: 5, intervalMs: 2000 }

/** As in examples/docker-nginx/lab.js. */
const example = {
  ...common,
  policy: threshold({ metric: 'cpu', above: 0.2, below: 0.05 }),
  behavior: { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: 0, cooldownMs: 15_000 } },
}
const tracking = {
  ...common,
  policy: targetTracking({ metric: 'cpu', target: 0.2 }),
  behavior: { scaleIn: { windowMs: 60_000 } },
}

/** @typedef {(front: Front, onSize: (size: number) => void, onAsked: (size: number) => void) => Promise<{ ready: () => Promise<void>, stop: () => Promise<void> }>} Start */

/** @type {Start} */
const withShell = async (front, onSize) => {
  const running = await shellLoop(front, { cpuMs, onSize })
  return { ready: () => sleep(4000), stop: running.stop }
}

/**
 * @param {Omit<AutoscalerOptions, 'backend' | 'balancer'>} options
 * @param {boolean} [waitsForTick]
 * @returns {Start}
 */
const withOurs =
  (options, waitsForTick = false) =>
  async (front, onSize, onAsked) => {
    const group = groupBehind(front, options, { cpus: 1, env: { CPU_MS: String(cpuMs) } })
    group.web.on('instance', () => onSize(group.inService()))
    group.web.on('scaled', ({ to, reason }) => {
      onAsked(to)
      console.log(`  asked for ${to}: ${reason}`)
    })
    await group.web.start()
    return {
      ready: async () => {
        await until(() => group.inService() === 1)
        await sleep(4000 + 2000 * Math.random())
        if (!waitsForTick) return
        await new Promise((resolve) => group.web.on('tick', () => resolve(undefined)))
      },
      stop: group.close,
    }
  }

/**
 * @param {string} rule
 * @param {Start} start
 * @param {boolean} waitsForBack
 * @returns {Promise<Course>}
 */
async function course(rule, start, waitsForBack) {
  const front = new Front().start()
  /** @type {Map<number, number>} */
  const reachedMs = new Map()
  /** @type {number[]} */
  const decided = []
  let startMs = Infinity
  let most = 0
  let size = 0
  const onSize = (/** @type {number} */ now) => {
    size = now
    if (startMs === Infinity) return
    most = Math.max(most, now)
    if (!reachedMs.has(now)) reachedMs.set(now, performance.now() - startMs)
  }
  const running = await start(front, onSize, (to) => void decided.push(to))
  try {
    await running.ready()
    decided.length = 0
    startMs = performance.now()
    const loading = loadFromOutside({ url: front.url, ...load })
    await until(() => reachedMs.has(wanted), 150_000)
    await sleep(holdMs)
    const report = await loading.stop()
    const endMs = performance.now()
    let backMs
    const asked = [...decided]
    if (waitsForBack) {
      await until(() => size === 1, 150_000)
      backMs = performance.now() - endMs
    }
    const failed = report.hardCount + report.staleCount
    console.log(`${rule}: ${JSON.stringify([...reachedMs])}`)
    return { rule, reachedMs, most, backMs, decided: asked, failed, loadAverage: loadavg()[0] ?? 0 }
  } finally {
    await running.stop()
    await front.stop()
  }
}
