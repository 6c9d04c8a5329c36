import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  ask,
  besideHalfSent,
  dripping,
  earlyAnswers,
  endure,
  idle,
  silent,
  unreading,
} from './lib/hostile-clients.js'
import { descriptors, freePort, startFronts } from './lib/hostile-fronts.js'
import { startProgram } from './lib/proxy-process.js'
import { median } from './lib/stats.js'
import { printTable } from './lib/table.js'
import { until } from './lib/until.js'

const count = 20
const boundMs = 100_000
const halves = 1100
const good = 50
const uploads = 80

/**
 * What clients that mean no good get from our proxy, beside Nginx and HAProxy as Debian sets them up. All in one run, on
 * loopback; each front stands in front of the same member.
 */
export async function run() {
  /** @type {(() => Promise<void>)[]} */
  const stops = []
  try {
    const member = await startProgram('hostile-member.js')
    stops.push(member.stop)
    const fronts = await startFronts(member.said.port ?? 0, { isLimited: false })
    stops.push(...fronts.map(({ stop }) => stop))
    const early = []
    for (const { port } of fronts) early.push(await earlyAnswers(port, uploads))
    const endured = await Promise.all(fronts.map(async ({ port }) => enduredBy(port)))
    for (const stop of stops.splice(1)) await stop()
    const limited = await startFronts(member.said.port ?? 0, { isLimited: true })
    stops.push(...limited.map(({ stop }) => stop))
    const served = []
    for (const { port } of limited) {
      const { answered, release } = await besideHalfSent(port, { halves, good })
      release()
      served.push(answered)
    }
    for (const stop of stops.splice(1)) await stop()
    report(fronts, { early, endured, served })
    await reportController()
  } finally {
    for (const stop of stops.toReversed()) await stop()
  }
}

/** @param {number} port */
async function enduredBy(port) {
  const [silence, drip, rest, unread] = await Promise.all([
    endure(port, { count, boundMs, say: silent }),
    endure(port, { count, boundMs, say: dripping }),
    endure(port, { count, boundMs, say: idle }),
    endure(port, { count, boundMs, say: unreading }),
  ])
  return { silence, drip, rest, unread }
}

/**
 * @param {readonly { name: string }[]} fronts
 * @param {{ early: number[], endured: Awaited<ReturnType<typeof enduredBy>>[], served: number[] }} found
 */
function report(fronts, { early, endured, served }) {
  const rows = [
    [`${count} connections that say nothing`, ...endured.map(({ silence }) => spanOf(silence))],
    [`${count} that send one header line a second`, ...endured.map(({ drip }) => spanOf(drip))],
    [`${count} that sent one request and stay`, ...endured.map(({ rest }) => spanOf(rest))],
    [`${count} that ask for 16 MiB and read nothing`, ...endured.map(({ unread }) => spanOf(unread))],
    [`${uploads} uploads that the member refuses early`, ...early.map((passed) => `${passed} get its 413`)],
    [
      `${good} good requests beside ${halves.toLocaleString('en-US')} half-sent heads, ulimit -n ${descriptors}`,
      ...served.map((answered) => `${answered} answered`),
    ],
  ]
  printTable(
    `Hostile clients; closed after, median; ${availableParallelism()} CPUs`,
    ['clients', ...fronts.map(({ name }) => name)],
    rows,
  )
}

/** @param {import('./lib/hostile-clients.js').Endurance} endurance */
function spanOf({ openMs, stillOpen }) {
  const seconds = `${(median(openMs) / 1000).toFixed(0)} s`
  if (stillOpen === 0) return seconds
  const left = `${stillOpen} open after ${boundMs / 1000} s`
  return openMs.length === 0 ? left : `${seconds}; ${left}`
}

/** A controller whose proxy is under the same attack with as few descriptors: when it sees that an instance was killed. */
async function reportController() {
  const stateDir = await mkdtemp(join(tmpdir(), 'flotilla-bench-hostile-'))
  const port = await freePort()
  const program = fileURLToPath(new URL('lib/hostile-controller.js', import.meta.url))
  const limited = `ulimit -n ${descriptors}; exec "$@"`
  const child = spawn('sh', ['-c', limited, 'sh', process.execPath, program, String(port), stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  /** @type {{ line: string, atMs: number }[]} */
  const said = []
  createInterface(child.stdout).on('line', (line) => said.push({ line, atMs: performance.now() }))
  const inService = () => said.filter(({ line }) => line.endsWith(' in-service')).length
  try {
    await until(() => inService() >= 2)
    const { answered, release } = await besideHalfSent(port, { halves, good })
    const pid = Number(/\r\n\r\n\D*(\d+)/.exec(await ask(port))?.[1])
    const killedMs = performance.now()
    const before = said.length
    process.kill(pid, 'SIGKILL')
    await until(() => inService() >= 3)
    release()
    const after = said.slice(before)
    const seenMs = (after[0]?.atMs ?? Number.NaN) - killedMs
    const replacedMs = (after.find(({ line }) => line.endsWith(' in-service'))?.atMs ?? Number.NaN) - killedMs
    console.log(
      `\nThe controller under the same: ${answered} of ${good} good requests answered; an instance killed by SIGKILL is seen after ${seenMs.toFixed(0)} ms and replaced after ${replacedMs.toFixed(0)} ms`,
    )
  } finally {
    child.kill('SIGTERM')
    await ended
    await rm(stateDir, { recursive: true, force: true })
  }
}
