import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { worldDirectory } from '../store-disk.js'

/** @import { Act, Stage, World } from '../world.js' */

const worker = fileURLToPath(new URL('process-worker.js', import.meta.url))
const max = 4
const intervalMs = 500

/**
 * Processes behind the embedded proxy, which lives and dies with the controller. They are counted by the kernel's own list.
 *
 * @param {number} seed
 * @returns {Promise<World>}
 */
export async function makeWorld(seed) {
  const disk = worldDirectory('process')
  const { directory } = disk
  const stateDir = join(directory, 'instances')
  mkdirSync(stateDir, { mode: 0o700 })
  const marker = `chaos-${randomBytes(6).toString('hex')}`
  const port = 24_000 + (seed % 1000)
  const strangers = startStrangers(marker)
  const note = join(stateDir, 'a-note-of-the-operator.txt')
  writeFileSync(note, 'do not delete\n')

  const machines = () => processesWith(marker)
  return {
    name: 'process',
    max,
    intervalMs,
    settleMs: 20_000,
    sampleMs: 50,
    url: `http://127.0.0.1:${port}/`,
    directory,
    groupModule: new URL('process-group.js', import.meta.url).href,
    settings: { directory, stateDir, marker, port, max, intervalMs },
    machines,
    async harm() {
      const gone = strangers.filter((child) => child.exitCode !== null || child.signalCode !== null)
      const lostNote = existsSync(note) ? [] : ['a file of the operator is gone']
      return [...gone.map(({ pid }) => `a stranger's process ${pid} was ended`), ...lostNote]
    },
    async leftovers() {
      const files = readdirSync(stateDir, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /\bchaos\./.test(name),
      )
      return [...(await machines()), ...files]
    },
    frontDiesWithController: true,
    acts: actsOn(machines, stateDir),
    async down() {
      for (const child of strangers) child.kill('SIGKILL')
      // One that a killed controller had just forked has the marker only once its program is loaded.
      for (let quiet = 0; quiet < 2; quiet += 1) {
        await sleep(200)
        const left = await machines()
        for (const pid of left) sendTo(Number(pid), 'SIGKILL')
        if (left.length > 0) quiet = -1
      }
      disk.remove()
    },
  }
}

/** Workers like ours that belong to somebody else: one started by hand, one of another Flotilla on this host. */
function startStrangers(/** @type {string} */ marker) {
  const other = {
    FLOTILLA_OWNER: 'somebody-else',
    FLOTILLA_GROUP: 'chaos',
    FLOTILLA_TOKEN: 'abc',
    FLOTILLA_INSTANCE: 'chaos.abc',
  }
  return [
    {},
    {
      ...other,
      FLOTILLA_HOST: '127.0.0.1',
      FLOTILLA_TEMPLATE: 'x',
      FLOTILLA_PORT: '1',
      FLOTILLA_CREATED_AT: '1',
    },
  ].map((env) =>
    spawn(process.execPath, [worker, marker.replace('chaos', 'stranger')], {
      stdio: 'ignore',
      env: { PATH: process.env['PATH'], PORT: '0', ...env },
    }),
  )
}

/**
 * Pids of processes that have this word among their arguments.
 *
 * @param {string} word
 */
async function processesWith(word) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => lines[index]?.split('\0').includes(word))
}

/**
 * @param {World['machines']} machines
 * @param {string} stateDir
 * @returns {readonly Act[]}
 */
function actsOn(machines, stateDir) {
  const one = async (/** @type {Stage} */ { random }) => Number(random.pick(await machines()))
  /** A member's requests fail until it is found out; where it was the only one, until another serves. */
  const untilFound = 4 * intervalMs
  /** When nobody is left, others have to start first, and after some that died young the group waits for up to 2 s. */
  const untilOthersServe = untilFound + 2000 + 4000
  return [
    {
      name: 'kill -9 a worker',
      weight: 2,
      excusedMs: untilOthersServe,
      run: async (stage) => sendTo(await one(stage), 'SIGKILL'),
    },
    {
      name: 'kill -9 all workers',
      excusedMs: untilOthersServe,
      run: async () => (await machines()).forEach((pid) => sendTo(Number(pid), 'SIGKILL')),
    },
    {
      name: 'end a worker by hand (SIGTERM)',
      excusedMs: untilOthersServe,
      run: async (stage) => sendTo(await one(stage), 'SIGTERM'),
    },
    {
      name: 'suspend a worker',
      excusedMs: 10_000,
      async run(stage) {
        const pid = await one(stage)
        sendTo(pid, 'SIGSTOP')
        await sleep(stage.random.whole(500, 6000))
        if ((await machines()).includes(String(pid))) sendTo(pid, 'SIGCONT')
      },
    },
    { name: 'take the next ports', run: portsTaken },
    {
      name: 'delete the records of instances',
      async run() {
        for (const name of readdirSync(stateDir, { recursive: true, encoding: 'utf8' })) {
          if (/\bchaos\..*\.json$/.test(name)) rmSync(join(stateDir, name), { force: true })
        }
      },
    },
  ]
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function sendTo(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/** @param {Stage} stage */
async function portsTaken({ world, random, want }) {
  const servers = Array.from({ length: 20 }, () => createServer())
  for (const server of servers) {
    server.on('error', () => {})
    server.listen(21_000 + random.whole(0, 499), '127.0.0.1')
  }
  want(random.whole(1, world.max))
  await sleep(2 * intervalMs)
  for (const server of servers) server.close()
}
