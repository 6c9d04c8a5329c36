import { spawnSync } from 'node:child_process'
import { createServer, request } from 'node:http'
import { rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Autoscaler, fixed, httpProbe, silentLogger } from '@flotilla/core'
import { docker, dockerEngine } from '@flotilla/backend-docker'
import { costColumns, costOver, instanceCount, readyCount } from './controller-cost.js'
import { containersOf } from './docker-group.js'
import { images, node } from './docker-lab.js'
import { printTable } from './table.js'
import { until } from './until.js'

/** @import { DockerEngine } from '@flotilla/backend-docker' */

const intervalMs = 2000
const rounds = 8

/**
 * What a tick costs with many containers, and how many calls of the engine with many groups.
 *
 * @param {{ isQuick: boolean }} given
 */
export async function many({ isQuick }) {
  const counts = isQuick ? [1, 5] : [1, 10, 50]
  const size = isQuick ? 20 : 150
  const counted = await countingEngine()
  const engine = dockerEngine({ host: `unix://${counted.socket}` })
  /** @type {Autoscaler[]} */
  const groups = []
  const rows = []
  try {
    for (const groupCount of counts) {
      while (groups.length < groupCount) {
        groups.push(await startGroup(engine, `small-${groups.length}`, 1))
      }
      await until(() => groups.every((group) => readyCount(group) === 1), 120_000)
      rows.push(await measure(`${groupCount} groups of 1`, groups, counted))
    }
    const big = await startGroup(engine, 'many', size)
    groups.push(big)
    const startMs = performance.now()
    await until(() => readyCount(big) === size, 300_000)
    console.log(`${size} containers in service after ${((performance.now() - startMs) / 1000).toFixed(0)} s`)
    rows.push(await measure(`and one of ${size}`, groups, counted, big))
    printTable(
      `Many containers on one engine, one controller process, interval ${intervalMs} ms; load average ${loadavg()[0]?.toFixed(1)}`,
      ['groups', 'containers', ...costColumns, 'engine calls per interval'],
      rows,
    )
  } finally {
    await Promise.all(groups.map((group) => group.stop()))
    await engine.close()
    counted.close()
    const names = groups.map((group) => group.status().group)
    const ids = (await Promise.all(names.map(containersOf))).flat()
    if (ids.length > 0) spawnSync('docker', ['-H', `unix://${node.socket}`, 'rm', '-f', ...ids])
  }
}

/**
 * @param {DockerEngine} engine
 * @param {string} group
 * @param {number} size
 */
async function startGroup(engine, group, size) {
  const autoscaler = new Autoscaler({
    group,
    min: size,
    max: size,
    intervalMs,
    backend: docker({ engine, image: images.web, port: 8080, pull: 'never', init: true }),
    probe: httpProbe('/'),
    policy: fixed(size),
    logger: silentLogger,
  })
  await autoscaler.start()
  return autoscaler
}

/**
 * @param {string} what
 * @param {readonly Autoscaler[]} groups
 * @param {{ count: () => number }} counted
 * @param {Autoscaler} [only] - whose ticks are timed; default all
 */
async function measure(what, groups, counted, only) {
  // Places of cgroup files are learned, and events settle.
  await sleep(2 * intervalMs)
  const ms = rounds * intervalMs
  const { cells, callCount, tookMs } = await costOver(only === undefined ? groups : [only], {
    calls: counted.count,
    ms,
  })
  return [what, instanceCount(groups), ...cells, ((callCount * intervalMs) / tookMs).toFixed(1)]
}

/** A socket in front of the engine's that counts the calls. */
async function countingEngine() {
  const socket = join(dirname(node.socket), 'counted.sock')
  rmSync(socket, { force: true })
  let callCount = 0
  const server = createServer((incoming, outgoing) => {
    callCount += 1
    const { method, url, headers } = incoming
    const passed = request({ socketPath: node.socket, path: url, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      outgoing.flushHeaders()
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise((resolve) => void server.listen(socket, () => resolve(undefined)))
  const close = () => {
    server.closeAllConnections()
    server.close()
    rmSync(socket, { force: true })
  }
  return { socket, count: () => callCount, close }
}
