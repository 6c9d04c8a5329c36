import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../../scripts/lib/run-command.js'
import { bareContainer, bareReload, removeBare, untilHealthy, untilServed } from './docker-bare.js'
import { Front } from './docker-front.js'
import { groupBehind, workerOptions } from './docker-group.js'
import { benchDirectory, node } from './docker-lab.js'
import { median } from './stats.js'
import { printTable } from './table.js'
import { until } from './until.js'

/** @typedef {{ firstMs: number, allMs: number }} Took */
/** @typedef {Took & { startMs: number, probeMs: number, reloadMs: number }} BareTook */

/**
 * From a changed size to requests served by the new containers, against the same calls with nothing around them.
 *
 * @param {{ isQuick: boolean }} given
 */
export async function scaleOut({ isQuick }) {
  const rows = []
  for (const by of [1, 5]) {
    const rounds = isQuick ? 2 : by === 1 ? 8 : 5
    /** @type {Took[]} */
    const ours = []
    /** @type {BareTook[]} */
    const bare = []
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await bareRound(by))
      ours.push(await ourRound(by))
    }
    const ratios = ours.map(({ firstMs }, round) => firstMs / (bare[round]?.firstMs ?? NaN))
    const allRatios = ours.map(({ allMs }, round) => allMs / (bare[round]?.allMs ?? NaN))
    const compose = await composeRounds(by, isQuick ? 1 : 3)
    rows.push([
      `+${by}`,
      shown(bare, 'startMs'),
      shown(bare, 'probeMs'),
      shown(bare, 'reloadMs'),
      shown(bare, 'firstMs'),
      shown(ours, 'firstMs'),
      median(ratios).toFixed(2),
      (median(ours.map((one) => one.firstMs)) / median(bare.map((one) => one.firstMs))).toFixed(2),
      shown(bare, 'allMs'),
      shown(ours, 'allMs'),
      median(allRatios).toFixed(2),
      compose,
    ])
  }
  printTable(
    `Scale-out: ms from the decision to requests served through Nginx, median (worst); load average ${loadavg()[0]?.toFixed(1)}`,
    [
      'step',
      'bare create + start',
      'probe',
      'reload to served',
      'bare: first served',
      'ours: first served',
      'ratio, paired',
      'ratio of medians',
      'bare: all served',
      'ours: all served',
      'ratio, paired',
      'docker-compose --scale, command alone',
    ],
    rows,
  )
}

/**
 * @template {string} Field
 * @param {readonly Record<Field, number>[]} rounds
 * @param {Field} field
 */
function shown(rounds, field) {
  const all = rounds.map((round) => round[field])
  return `${median(all).toFixed(0)} (${Math.max(...all).toFixed(0)})`
}

/**
 * @param {number} by
 * @returns {Promise<Took>}
 */
async function ourRound(by) {
  const front = new Front().start()
  const group = groupBehind(front, { group: 'out', min: 1, max: 6 })
  try {
    await group.web.start()
    await group.web.pause('scaling')
    await until(() => group.inService() === 1)
    const before = new Set(group.web.status().instances.map(({ id }) => id.slice(0, 12)))
    await sleep(1000 + 1000 * Math.random())
    const fromMs = performance.now()
    const served = untilServed(front.url, before, by)
    await group.web.setDesired(1 + by)
    const { first, all } = await served
    return { firstMs: first - fromMs, allMs: all - fromMs }
  } finally {
    await group.close()
    await front.stop()
  }
}

/**
 * @param {number} by
 * @returns {Promise<BareTook>}
 */
async function bareRound(by) {
  const front = new Front().start()
  const made = [await bareContainer()]
  try {
    for (const { ip } of made) await untilHealthy(ip)
    bareReload(
      front,
      made.map(({ ip }) => ip),
    )
    await sleep(500)
    const before = new Set(made.map(({ id }) => id.slice(0, 12)))
    const fromMs = performance.now()
    const added = await Promise.all(Array.from({ length: by }, bareContainer))
    made.push(...added)
    const startedMs = performance.now()
    await Promise.all(added.map(({ ip }) => untilHealthy(ip)))
    const healthyMs = performance.now()
    bareReload(
      front,
      made.map(({ ip }) => ip),
    )
    const { first, all } = await untilServed(front.url, before, by)
    return {
      startMs: startedMs - fromMs,
      probeMs: healthyMs - startedMs,
      reloadMs: first - healthyMs,
      firstMs: first - fromMs,
      allMs: all - fromMs,
    }
  } finally {
    await Promise.all(made.map(({ id }) => removeBare(id)))
    await front.stop()
  }
}

/**
 * @param {number} by
 * @param {number} rounds
 */
async function composeRounds(by, rounds) {
  if (spawnSync('docker-compose', ['version']).status !== 0) return 'not installed'
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-compose-'))
  const file = join(directory, 'compose.yml')
  const app = {
    image: workerOptions.image,
    command: workerOptions.command,
    init: true,
    network_mode: 'bridge',
    volumes: [`${benchDirectory}:/bench:ro`],
  }
  writeFileSync(file, JSON.stringify({ version: '3.7', services: { app } }))
  const env = { ...process.env, DOCKER_HOST: `unix://${node.socket}` }
  const compose = async (/** @type {readonly string[]} */ args) => {
    const { ok, output, durationMs } = await runCommand(
      'docker-compose',
      ['-p', 'benchcompose', '-f', file, ...args],
      { env, timeoutMs: 120_000 },
    )
    if (!ok) throw new Error(`docker-compose: ${output}`)
    return durationMs
  }
  const up = (/** @type {number} */ count) =>
    compose(['up', '-d', '--no-recreate', '--scale', `app=${count}`])
  try {
    const tookMs = []
    for (let round = 0; round < rounds; round += 1) {
      await up(1)
      tookMs.push(await up(1 + by))
    }
    return `${median(tookMs).toFixed(0)} (${Math.max(...tookMs).toFixed(0)})`
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  } finally {
    await compose(['down', '-t', '1']).catch(() => {})
    rmSync(directory, { recursive: true, force: true })
  }
}
