import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kill, membersOf, startInside, succeedsInside } from './sandbox.js'

/** @import { Service } from './services.js' */
/** @import { Places } from './places.js' */

const startMs = 180_000
const stopMs = 10_000

/**
 * Starts a daemon that does not run.
 *
 * @param {Places} places
 * @param {Service} service
 */
export async function start(places, { name, command, env = {} }) {
  if (isAlive(places, name)) return
  const output = openSync(join(places.logs, `${name}.log`), 'a')
  try {
    const given = { env: { HOME: `${places.inside}/home`, ...env }, output }
    writeFileSync(pidFile(places, name), String(await startInside(places, command, given)))
  } finally {
    closeSync(output)
  }
}

/**
 * Waits until a daemon answers.
 *
 * @param {Places} places
 * @param {Service} service
 * @param {AbortSignal} signal
 */
export async function untilAnswers(places, { name, port, answers }, signal) {
  const question = answers ?? (port === undefined ? undefined : knockAt(port))
  if (question === undefined) return
  const endMs = performance.now() + startMs
  while (!(await succeedsInside(places, question))) {
    if (!isAlive(places, name) || performance.now() > endMs)
      throw new Error(`${name} did not come up:\n${lastLines(places, name)}`)
    await sleep(200, undefined, { signal })
  }
}

/** @param {number} port */
const knockAt = (port) => ['bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`]

/**
 * Ends a daemon with its workers: asked first, or with `SIGKILL` at once.
 *
 * @param {Places} places
 * @param {string} name
 * @param {NodeJS.Signals} [signal]
 */
export async function stop(places, name, signal = 'SIGTERM') {
  const pid = pidOf(places, name)
  if (pid === undefined) return
  if (signal === 'SIGKILL') for (const member of membersOf(pid)) kill(member)
  else kill(pid, signal)
  for (let waitedMs = 0; waitedMs < stopMs && membersOf(pid).length > 0; waitedMs += 50) await sleep(50)
  for (const member of membersOf(pid)) kill(member)
  rmSync(pidFile(places, name), { force: true })
}

/**
 * @param {Places} places
 * @param {string} name
 */
export function isAlive(places, name) {
  const pid = pidOf(places, name)
  return pid !== undefined && membersOf(pid).includes(pid)
}

/**
 * @param {Places} places
 * @param {string} name
 */
export function lastLines({ logs }, name, count = 30) {
  const file = join(logs, `${name}.log`)
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n') : ''
}

/**
 * @param {Places} places
 * @param {string} name
 */
function pidOf(places, name) {
  const file = pidFile(places, name)
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined
}

/**
 * @param {Places} places
 * @param {string} name
 */
const pidFile = ({ workDirectory }, name) => join(workDirectory, 'run', `${name}.pid`)
