import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sh } from '../../labs/lib/sh.js'
import { load } from './openstack-group.js'
import { median } from './stats.js'
import { printTable } from './table.js'

const pollMs = 500
const width = 8
const phases = ['start', 'create', 'until ACTIVE', 'tag', 'delete', 'until gone']
const ours = `ours, ${width} at a time`

/** @typedef {{ ms: number, cpuMs: number }} Cost */
/** @typedef {{ whole: Cost, phases: Record<string, Cost>, calls: number, load: number }} Run */

/**
 * The same story of many servers by our client, by openstacksdk and by its command: create, until all are ACTIVE and
 * listed, tag, delete, until all are gone. They take turns, and each begins as a new process.
 *
 * @param {{ isQuick: boolean, only: string | undefined }} given - `only`: a part of the names of contenders
 */
export async function story({ isQuick, only }) {
  const count = isQuick ? 5 : 50
  const rounds = isQuick ? 2 : 3
  // One command after another to tag them takes minutes.
  const cliRounds = 1
  /** @type {Record<string, (name: string) => Promise<Run>>} */
  const contenders = {
    [ours]: async (name) => program([process.execPath, part('ours.js')], { count, name, width }),
    [`openstacksdk, ${width} threads`]: async (name) =>
      program(['/usr/bin/python3', part('sdk.py')], { count, name, width }),
    'openstacksdk, one by one': async (name) =>
      program(['/usr/bin/python3', part('sdk.py')], { count, name, width: 1 }),
    'openstack (the command)': async (name) => commands({ count, name }),
  }
  const names = Object.keys(contenders).filter((one) => only === undefined || one.includes(only))
  /** @type {Map<string, Run[]>} */
  const runs = new Map(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const inTurn = [...names.slice(round % names.length), ...names.slice(0, round % names.length)]
    for (const contender of inTurn) {
      if (contender.startsWith('openstack (') && round >= cliRounds) continue
      const run = await contenders[contender]?.(`story-${randomBytes(3).toString('hex')}`)
      if (run === undefined) continue
      runs.get(contender)?.push(run)
      const { whole, calls } = run
      console.log(
        `  round ${round + 1}, ${contender}: ${(whole.ms / 1000).toFixed(1)} s, CPU ${(whole.cpuMs / 1000).toFixed(2)} s, ${calls} calls`,
      )
    }
  }
  report(count, runs)
}

/**
 * @param {number} count
 * @param {ReadonlyMap<string, readonly Run[]>} runs
 */
function report(count, runs) {
  const all = [...runs].filter(([, ofOne]) => ofOne.length > 0)
  const mid = (/** @type {readonly Run[]} */ ofOne, /** @type {(run: Run) => number} */ of) =>
    median(ofOne.map(of))
  const loads = all.flatMap(([, ofOne]) => ofOne.map((run) => run.load))
  const base = runs.get(ours) ?? []
  printTable(
    `${count} servers: create, until ACTIVE, tag, delete, until gone; medians; load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`,
    ['contender', 'rounds', 'wall s', 'ours / it, round by round', 'client CPU s', 'ours / it', 'API calls'],
    all.map(([name, ofOne]) => [
      name,
      ofOne.length,
      (mid(ofOne, ({ whole }) => whole.ms) / 1000).toFixed(2),
      ratios(base, ofOne, ({ whole }) => whole.ms),
      (mid(ofOne, ({ whole }) => whole.cpuMs) / 1000).toFixed(3),
      ratios(base, ofOne, ({ whole }) => whole.cpuMs),
      mid(ofOne, ({ calls }) => calls).toFixed(0),
    ]),
  )
  for (const [what, key] of /** @type {const} */ ([
    ['wall s', 'ms'],
    ['client CPU s', 'cpuMs'],
  ]))
    printTable(
      `By phase, ${what}, medians`,
      ['contender', ...phases],
      all.map(([name, ofOne]) => [
        name,
        ...phases.map((phase) => {
          const value = mid(ofOne, (run) => run.phases[phase]?.[key] ?? NaN)
          return Number.isNaN(value) ? '-' : (value / 1000).toFixed(2)
        }),
      ]),
    )
}

/**
 * @param {readonly Run[]} base
 * @param {readonly Run[]} others
 * @param {(run: Run) => number} of
 */
function ratios(base, others, of) {
  const each = others.flatMap((run, round) => {
    const our = base[round]
    return our === undefined || our === run ? [] : [of(our) / of(run)]
  })
  if (each.length === 0) return ''
  return `${median(each).toFixed(2)} (${Math.min(...each).toFixed(2)} to ${Math.max(...each).toFixed(2)})`
}

/** @param {string} name */
const part = (name) => fileURLToPath(new URL(`openstack-story-${name}`, import.meta.url))

/** Nothing of the caller's: no proxy, no other Python before Debian's. */
const environment = () => ({
  PATH: '/usr/bin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/nonexistent',
  OS_CLIENT_CONFIG_FILE: process.env['OS_CLIENT_CONFIG_FILE'],
  OS_CLOUD: process.env['OS_CLOUD'],
})

/**
 * A contender that is one process, and tells its phases.
 *
 * @param {readonly string[]} command
 * @param {{ count: number, name: string, width: number }} given
 * @returns {Promise<Run>}
 */
async function program(command, given) {
  const args = [given.count, given.name, given.width, pollMs, Date.now()].map(String)
  const { cost, stdout } = await measured([...command, ...args])
  return { whole: cost, load: load(), ...JSON.parse(stdout) }
}

/**
 * Wall time, and the CPU time that the kernel has charged to a child by its end: `time` of bash reads it from wait4.
 *
 * @param {readonly string[]} command
 * @param {Record<string, string>} [more]
 */
async function measured(command, more = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-story-'))
  const file = join(folder, 'time')
  try {
    const script = 'TIMEFORMAT="%U %S"; { time "$@" 2>&3; } 3>&2 2>"$STORY_TIME"'
    const startMs = performance.now()
    const env = { ...environment(), ...more, STORY_TIME: file }
    const stdout = await sh('bash', ['-c', script, 'bash', ...command], { env, timeoutMs: 900_000 })
    const ms = performance.now() - startMs
    const [user = NaN, system = NaN] = readFileSync(file, 'utf8').trim().split(' ').map(Number)
    return { stdout, cost: { ms, cpuMs: 1000 * (user + system) } }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * The story by the command `openstack`: one to create all, one to look at them, one to tag each, one to delete all.
 *
 * @param {{ count: number, name: string }} given
 * @returns {Promise<Run>}
 */
async function commands({ count, name }) {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-story-'))
  const callsFile = join(folder, 'calls')
  writeFileSync(callsFile, '')
  /** @type {Record<string, Cost>} */
  const byPhase = {}
  const startMs = performance.now()
  let phase = ''
  const openstack = async (/** @type {readonly string[]} */ ...args) => {
    const command = ['/usr/bin/python3', part('cli.py'), '--os-compute-api-version', '2.73', ...args]
    const { stdout, cost } = await measured(command, { STORY_CALLS: callsFile })
    const before = byPhase[phase] ?? { ms: 0, cpuMs: 0 }
    byPhase[phase] = { ms: before.ms + cost.ms, cpuMs: before.cpuMs + cost.cpuMs }
    return stdout
  }
  const list = async () => {
    const said = await openstack('server', 'list', '--name', `^${name}`, '-f', 'json', '--no-name-lookup')
    return /** @type {{ ID: string, Status: string }[]} */ (JSON.parse(said))
  }
  try {
    phase = 'create'
    const what = ['--flavor', 'm1.tiny', '--image', 'fake-image', '--nic', 'none']
    await openstack('server', 'create', ...what, '--min', `${count}`, '--max', `${count}`, name)
    phase = 'until ACTIVE'
    let servers = await list()
    while (servers.filter(({ Status }) => Status === 'ACTIVE').length < count) {
      await sleep(pollMs)
      servers = await list()
    }
    phase = 'tag'
    for (const { ID } of servers) await openstack('server', 'set', '--tag', 'story', ID)
    phase = 'delete'
    await openstack('server', 'delete', ...servers.map(({ ID }) => ID))
    phase = 'until gone'
    while ((await list()).length > 0) await sleep(pollMs)
    const calls = readFileSync(callsFile, 'utf8').trim().split('\n').map(Number)
    const whole = {
      ms: performance.now() - startMs,
      cpuMs: Object.values(byPhase).reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    }
    return { whole, phases: byPhase, calls: calls.reduce((sum, one) => sum + one, 0), load: load() }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
