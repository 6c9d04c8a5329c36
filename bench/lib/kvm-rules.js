import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { threshold } from '@flotilla/core'
import { proxy } from '@flotilla/balancer-proxy'
import { closedLoad } from '../../labs/lib/closed-load.js'
import { buildGolden } from '../../labs/lib/golden/golden.js'
import { golden, images, pool, virsh } from './kvm-bare.js'
import { groupOf } from './kvm-group.js'
import { seedLoop } from './kvm-seed-loop.js'
import { printTable } from './table.js'
import { until } from './until.js'

/** @import { Proxy } from '@flotilla/balancer-proxy' */

/** A small distribution is busy for so long before its service starts; the lab's own guest is up in two. */
const bootSeconds = 12
const bootImage = 'golden-slow.qcow2'
/** One machine alone first, without load. */
const idleMs = 45_000
const loadMs = 90_000
/** Machines that the load asks for: some 60 % of each. */
const wanted = 2

/**
 * @typedef {object} Course
 * @property {string} rule
 * @property {{ atMs: number, size: number }[]} sizes - since the start, each change
 * @property {number} loadAtMs
 * @property {import('../../labs/lib/closed-load.js').ClosedLoadReport} load
 * @property {number} loadAverage
 */

/**
 * The rule of a teaching lab and ours with its thresholds, under the same load: one machine, then work for two.
 *
 * @param {{ isQuick: boolean }} given
 */
export async function rules({ isQuick }) {
  await buildGolden({
    golden: join(images, bootImage),
    workDirectory: dirname(dirname(golden)),
    bootSeconds,
    signal: AbortSignal.timeout(120_000),
    log: console.log,
  })
  await virsh('pool-refresh', pool)
  /** @type {Course[]} */
  const courses = []
  for (let round = 0; round < (isQuick ? 1 : 2); round += 1) {
    courses.push(await course('the lab as it is written', withSeed))
    courses.push(await course('ours, same thresholds', withOurs))
  }
  const seconds = (/** @type {number | undefined} */ ms) =>
    ms === undefined ? 'never' : (ms / 1000).toFixed(1)
  printTable(
    'One machine, after 45 s load for two: sizes over time',
    ['rule', 'sizes (at second)', 'turns', 'right size for good', 'answered', 'failed', 'load average'],
    courses.map(({ rule, sizes, loadAtMs, load, loadAverage }) => [
      rule,
      sizes.map(({ atMs, size }) => `${size} (${(atMs / 1000).toFixed(0)})`).join(' '),
      turnsOf(sizes),
      seconds(settledMs(sizes, loadAtMs)),
      load.okCount,
      load.failures.length,
      loadAverage.toFixed(1),
    ]),
  )
}

/**
 * How often the group turned from growing to shrinking or back.
 *
 * @param {Course['sizes']} sizes
 */
function turnsOf(sizes) {
  const steps = sizes.slice(1).map(({ size }, index) => Math.sign(size - (sizes[index]?.size ?? 0)))
  return steps.filter((step, index) => index > 0 && step !== steps[index - 1]).length
}

/**
 * From the begin of the load until the size is right and stays so.
 *
 * @param {Course['sizes']} sizes
 * @param {number} loadAtMs
 */
function settledMs(sizes, loadAtMs) {
  const last = sizes.at(-1)
  if (last?.size !== wanted) return undefined
  return Math.max(0, last.atMs - loadAtMs)
}

/** @typedef {(front: Proxy, onSize: (size: number) => void) => Promise<{ stop: () => Promise<void> }>} Start */

/** @type {Start} */
const withSeed = (front, onSize) => {
  /** @type {Set<string>} */
  const members = new Set()
  const signal = new AbortController().signal
  const sync = () => {
    const list = [...members].map((host) => ({ id: host, host, port: 80 }))
    void front.sync(list, { signal }).catch(console.error)
  }
  return seedLoop({
    bootImage,
    onSize,
    // The lab has no front: its machines get their share of the same load as soon as they have an address.
    onMember: (ip) => {
      members.add(ip)
      sync()
    },
    onGone: (ip) => {
      members.delete(ip)
      sync()
    },
  })
}

/** @type {Start} */
const withOurs = async (front, onSize) => {
  const group = groupOf(
    {
      group: 'rules',
      min: 1,
      max: 5,
      intervalMs: 3000,
      balancer: front,
      // As in examples/kvm-lab/main.js.
      policy: threshold({ metric: 'cpu', above: 0.7, below: 0.3 }),
      warmupMs: 6000,
      behavior: { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: 15_000 } },
    },
    { golden: { pool, volume: bootImage } },
  )
  let size = 0
  const tell = () => {
    const now = group.web
      .status()
      .instances.filter(({ state }) => !['terminating', 'failed'].includes(state)).length
    if (now !== size) onSize((size = now))
  }
  group.web.on('instance', tell)
  group.web.on('tick', tell)
  group.web.on('scaled', ({ from, to, reason }) => console.log(`  ${from} -> ${to}: ${reason}`))
  await group.web.start()
  return { stop: group.close }
}

/**
 * @param {string} rule
 * @param {Start} start
 * @returns {Promise<Course>}
 */
async function course(rule, start) {
  console.log(`rule: ${rule}`)
  const front = proxy({ port: 0, drainTimeoutMs: 5000 })
  const { port } = await front.listen()
  const startMs = performance.now()
  /** @type {Course['sizes']} */
  const sizes = []
  const running = await start(front, (size) => {
    sizes.push({ atMs: performance.now() - startMs, size })
    console.log(`  ${((performance.now() - startMs) / 1000).toFixed(1)} s: ${size}`)
  })
  try {
    await until(() => sizes.length > 0)
    await sleep(idleMs)
    const loadAtMs = performance.now() - startMs
    console.log(`  ${(loadAtMs / 1000).toFixed(1)} s: load`)
    const load = closedLoad({ url: `http://127.0.0.1:${port}`, workers: 8 })
    await sleep(loadMs)
    const report = await load.stop()
    return { rule, sizes: [...sizes], loadAtMs, load: report, loadAverage: loadavg()[0] ?? 0 }
  } finally {
    await running.stop()
    await front.close()
  }
}
