import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { docker } from '../../labs/docker/tools.js'
import { memberAt } from './docker-bare.js'
import { Front } from './docker-front.js'
import { groupBehind, workerOptions } from './docker-group.js'
import { benchDirectory, node } from './docker-lab.js'
import { loadFromOutside } from './docker-loader.js'
import { printTable } from './table.js'
import { until } from './until.js'

/** @import { LoadReport } from '../../labs/lib/load-generator.js' */

/** @typedef {{ requests: number, events: number, ratePerSecond: number }} Size */
/** @typedef {LoadReport & { events: number, loadAverage: number }} Result */

const fewest = 2
const most = 6

/**
 * Requests lost to scaling: strict, with the default, and in the naive order; or only one of them, by its first word.
 *
 * @param {{ isQuick: boolean, ratePerSecond: number, setup: string }} given
 */
export async function zeroLoss({ isQuick, ratePerSecond, setup }) {
  const full = { requests: isQuick ? 20_000 : 200_000, events: isQuick ? 10 : 85, ratePerSecond }
  const small = { requests: full.requests / 10, events: isQuick ? 10 : 20, ratePerSecond }
  /** @type {[string, () => Promise<Result>][]} */
  const setups = [
    [
      'strict: one Nginx, clientKeepAliveMs 0, no client retry',
      () => ours(new Front({ clientKeepAliveMs: 0 }).start(), full, false),
    ],
    [
      'default: one Nginx, keep-alive, client retries a dead kept connection',
      () => ours(new Front().start(), full, true),
    ],
    ['naive: stop, rewrite, reload; the same client', () => naive(new Front().start(), small)],
  ]
  /** @type {[string, Result][]} */
  const rows = []
  for (const [name, run] of setups) {
    if (!name.startsWith(setup)) continue
    rows.push([name, await run()])
    show(rows)
  }
}

/** @param {readonly [string, Result][]} rows */
function show(rows) {
  printTable(
    'Requests lost to scaling events',
    [
      'setup',
      'requests',
      'events',
      'failed',
      'stale',
      'retried',
      'p50 ms',
      'p99 ms',
      'max ms',
      's',
      'members seen',
      'load average',
    ],
    rows.map(([setup, one]) => [
      setup,
      one.sentCount,
      one.events,
      one.hardCount,
      one.staleCount,
      one.retryCount,
      one.latencyMs.p50,
      one.latencyMs.p99,
      one.latencyMs.max,
      Math.round(one.tookMs / 1000),
      Object.keys(one.byMember).length,
      one.loadAverage.toFixed(1),
    ]),
  )
  for (const [setup, { failures }] of rows)
    for (const failure of failures.slice(0, 3)) console.log(`  ${setup}: ${JSON.stringify(failure)}`)
}

/**
 * @param {Front} front
 * @param {Size} size
 * @param {boolean} retriesStale
 * @returns {Promise<Result>}
 */
async function ours(front, { requests, events, ratePerSecond }, retriesStale) {
  const group = groupBehind(front, { group: 'zero', min: fewest, max: most })
  try {
    await group.web.start()
    await group.web.pause('scaling')
    // In service is before the balancer has them.
    await until(async () => group.inService() === fewest && (await memberAt(front.url)) !== undefined)
    const load = loadFromOutside({
      url: front.url,
      ratePerSecond,
      retriesStale,
      slowRatio: 0.014,
      timeoutMs: 60_000,
    })
    let count = 0
    let size = fewest
    let step = 1
    while (count < events || load.sentCount() < requests) {
      if (size + step > most || size + step < fewest) step = -step
      size += step
      await group.web.setDesired(size)
      await until(() => group.inService() === size && group.web.status().instances.length === size)
      count += 1
      await sleep(200)
    }
    const report = await load.stop()
    return { ...report, events: count, loadAverage: loadavg()[0] ?? 0 }
  } finally {
    await group.close()
    await front.stop()
  }
}

/**
 * What a shell script does: `docker stop`, then the file, then `nginx -s reload`; on the way up no probe.
 *
 * @param {Front} front
 * @param {Size} size
 * @returns {Promise<Result>}
 */
async function naive(front, { requests, events, ratePerSecond }) {
  /** @type {{ id: string, ip: string }[]} */
  const members = []
  const reload = () => {
    const servers = members.map(({ ip }) => `server ${ip}:8080;`).join(' ')
    writeFileSync(
      front.options.configFile,
      `upstream backend { ${servers} keepalive 32; keepalive_timeout 4s; }
server { listen ${new URL(front.url).port}; location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
    )
    const { options } = front
    spawnSync('nginx', ['-c', options.mainConfigFile, '-s', 'reload'])
  }
  const add = async () => {
    const args = ['run', '-d', '--init', '-v', `${benchDirectory}:/bench:ro`]
    const command = [workerOptions.image, ...workerOptions.command]
    const id = (await docker(node.socket, [...args, '--label', 'bench=naive', ...command])).trim()
    const format = '{{.NetworkSettings.IPAddress}}'
    const ip = (await docker(node.socket, ['inspect', '--format', format, id])).trim()
    members.push({ id, ip })
    reload()
  }
  const remove = async () => {
    const victim = members.shift()
    if (victim === undefined) return
    await docker(node.socket, ['stop', victim.id])
    await docker(node.socket, ['rm', victim.id])
    reload()
  }
  try {
    await add()
    await add()
    await sleep(2000)
    const load = loadFromOutside({
      url: front.url,
      ratePerSecond,
      retriesStale: true,
      slowRatio: 0.014,
      timeoutMs: 60_000,
    })
    let count = 0
    let step = 1
    while (count < events || load.sentCount() < requests) {
      if (members.length + step > most || members.length + step < fewest) step = -step
      await (step > 0 ? add() : remove())
      count += 1
      await sleep(500)
    }
    return { ...(await load.stop()), events: count, loadAverage: loadavg()[0] ?? 0 }
  } finally {
    while (members.length > 0) await remove()
    await front.stop()
  }
}
