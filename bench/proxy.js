import { availableParallelism } from 'node:os'
import { nginxVersion, startNginx } from './lib/proxy-nginx.js'
import { startProgram } from './lib/proxy-process.js'
import { median } from './lib/stats.js'
import { printTable } from './lib/table.js'

const rounds = 3
const warmUpSeconds = 1
const busy = { connections: 32, seconds: 2 }
const alone = { connections: 1, seconds: 1 }

/** @typedef {{ perSecond: number, p50: number, p99: number, failed: number }} Run */
/** @typedef {{ name: string, port: number | undefined, busy: Run[], alone: Run[] }} Target */

/**
 * What is left of a worker's throughput behind our proxy, and what the proxy adds to a request, beside Nginx doing the
 * same. Load, proxy and worker are processes of their own on this machine; on few cores they take from each other.
 */
export async function run() {
  /** @type {(() => Promise<void>)[]} */
  const stops = []
  try {
    const targets = await startTargets(stops)
    for (const { port } of targets) await load(port, { ...busy, seconds: warmUpSeconds })
    // Round about, so that whatever else the machine does meanwhile falls on all alike.
    for (let round = 0; round < rounds; round += 1) {
      for (const target of targets) {
        target.busy.push(...(await load(target.port, busy)))
        target.alone.push(...(await load(target.port, alone)))
      }
    }
    report(targets)
  } finally {
    for (const stop of stops.toReversed()) await stop()
  }
}

/**
 * @param {(() => Promise<void>)[]} stops
 * @returns {Promise<Target[]>}
 */
async function startTargets(stops) {
  const worker = await startProgram('proxy-worker.js')
  stops.push(worker.stop)
  const workerPort = worker.said.port ?? 0
  const front = await startProgram('proxy-front.js', [workerPort])
  stops.push(front.stop)
  const version = nginxVersion()
  const nginx = version === undefined ? undefined : await startNginx(workerPort)
  if (nginx !== undefined) stops.push(nginx.stop)
  return [
    { name: 'node:http worker, bare', port: workerPort, busy: [], alone: [] },
    { name: 'behind our proxy', port: front.said.port, busy: [], alone: [] },
    { name: `behind Nginx ${version ?? ''}`.trimEnd(), port: nginx?.port, busy: [], alone: [] },
  ]
}

/**
 * @param {number | undefined} port - none gives no run
 * @param {{ connections: number, seconds: number }} options
 * @returns {Promise<Run[]>}
 */
async function load(port, { connections, seconds }) {
  if (port === undefined) return []
  const { said, stop } = await startProgram('proxy-load.js', [port, connections, seconds])
  await stop()
  const { perSecond = 0, p50 = 0, p99 = 0, failed = 0 } = said
  return [{ perSecond, p50, p99, failed }]
}

/** @param {Target[]} targets */
function report(targets) {
  const bare = targets[0]
  const rows = targets.map((target) => {
    if (bare === undefined || target.busy.length === 0) return [target.name, 'not installed']
    const perSecond = middle(target.busy, 'perSecond')
    return [
      target.name,
      Math.round(perSecond).toLocaleString('en-US'),
      shown(middle(target.busy, 'p50')),
      shown(middle(target.busy, 'p99')),
      shown(middle(target.alone, 'p50')),
      shown(middle(target.alone, 'p99')),
      String([...target.busy, ...target.alone].reduce((sum, { failed }) => sum + failed, 0)),
      `${shown(perSecond / middle(bare.busy, 'perSecond'))} of the throughput, ${shown(middle(target.alone, 'p50') / middle(bare.alone, 'p50'))} x the latency alone`,
    ]
  })
  printTable(
    `GET of 1 KiB over keep-alive; median of ${rounds} rounds; ${availableParallelism()} CPUs for load, proxy and worker together`,
    [
      'target',
      `req/s, ${busy.connections} conns`,
      'p50 ms',
      'p99 ms',
      'p50 ms, 1 conn',
      'p99 ms, 1 conn',
      'failed',
      'against bare',
    ],
    rows,
  )
}

/**
 * @param {Run[]} runs
 * @param {keyof Run} field
 */
function middle(runs, field) {
  return median(runs.map((one) => one[field]))
}

/** @param {number} value */
function shown(value) {
  return value.toFixed(2)
}
