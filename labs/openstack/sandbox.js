import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../../scripts/lib/run-command.js'
import { addNamespace, removeNamespace } from '../lib/namespace.js'
import { sh } from '../lib/sh.js'
import { cable } from './places.js'

/** @import { Places } from './places.js' */

/*
 * A network, mount and process namespace for the whole control plane: what daemons start (workers, helpers as root, DHCP
 * servers, guests) is inside, whoever its parent is, and ends with the first process of it.
 */

const hold = fileURLToPath(new URL('hold.sh', import.meta.url))
/** A clean environment: no proxy of the caller's, no other Python before Debian's. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' }

/**
 * @param {Places} places
 * @param {AbortSignal} signal
 */
export async function openSandbox(places, signal) {
  if (initPid(places) !== undefined) return
  const { namespacePath, workDirectory, inside } = places
  await addNamespace(places, signal)
  const libvirt = join(workDirectory, 'libvirt')
  for (const name of ['etc', 'lib', 'cache', 'log', 'run'])
    mkdirSync(join(libvirt, name), { recursive: true })
  const shared = [
    '--mount',
    '--pid',
    '--ipc',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--propagation',
    'private',
  ]
  const command = [
    `--net=${namespacePath}`,
    'unshare',
    ...shared,
    'tini',
    '--',
    hold,
    workDirectory,
    inside,
    libvirt,
  ]
  const child = spawn('nsenter', command, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  /** @type {string} */
  const said = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the sandbox did not open: exit code ${code}`)))
    child.stdout.once('data', (data) => resolve(String(data)))
  })
  if (!said.startsWith('ready')) throw new Error(`the sandbox did not open: ${said}`)
  child.removeAllListeners()
  child.stdout.destroy()
  child.unref()
  // `nsenter` became `unshare`, whose child is the first process of the sandbox.
  writeFileSync(places.initPidFile, String(childrenOf(child.pid ?? 0)[0]))
  await layCable(places, signal)
}

/**
 * The cable that the guests' bridge hangs on. Nova plugs them into the bridge of their network, so the near end has to be
 * an interface of its own.
 *
 * @param {Places} places
 * @param {AbortSignal} signal
 */
async function layCable({ namespace }, signal) {
  const ip = async (/** @type {readonly string[]} */ ...args) =>
    sh('ip', ['-n', namespace, ...args], { signal })
  await ip('link', 'add', cable.near, 'type', 'veth', 'peer', 'name', cable.far)
  await ip('address', 'add', cable.address, 'dev', cable.near)
  await ip('link', 'set', cable.near, 'up')
  await ip('link', 'set', cable.far, 'up')
}

/**
 * Ends everything in the sandbox, whatever state it is in.
 *
 * @param {Places} places
 */
export async function closeSandbox(places) {
  const pid = initPid(places)
  if (pid !== undefined) {
    kill(pid)
    for (let waitedMs = 0; waitedMs < 30_000 && initPid(places) !== undefined; waitedMs += 50) await sleep(50)
    if (initPid(places) !== undefined)
      throw new Error(`process ${pid}, the first of the sandbox, does not end`)
  }
  rmSync(places.initPidFile, { force: true })
  await removeNamespace(places)
}

/**
 * What a command inside prints.
 *
 * @param {Places} places
 * @param {readonly string[]} command
 * @param {{ signal: AbortSignal, timeoutMs?: number, env?: Record<string, string> }} given
 */
export async function shInside(places, command, { signal, timeoutMs, env = {} }) {
  const options = {
    signal,
    env: { ...environment, ...env },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
  return sh('nsenter', [...doorOf(places), ...command], options)
}

/**
 * Whether a command inside succeeds.
 *
 * @param {Places} places
 * @param {readonly string[]} command
 */
export async function succeedsInside(places, command) {
  return (
    await runCommand('nsenter', [...doorOf(places), ...command], { env: environment, timeoutMs: 15_000 })
  ).ok
}

/**
 * Starts a daemon inside, in a session of its own.
 *
 * @param {Places} places
 * @param {readonly string[]} command
 * @param {{ env: Record<string, string>, output: number }} given - `output` an open file
 * @returns {Promise<number>} its process id, as seen from outside
 */
export async function startInside(places, command, { env, output }) {
  const args = [...doorOf(places), 'setsid', ...command]
  const child = spawn('nsenter', args, {
    detached: true,
    env: { ...environment, ...env },
    stdio: ['ignore', output, output],
  })
  child.unref()
  // nsenter stays outside and waits for the one it sent in.
  for (let waitedMs = 0; waitedMs < 5000; waitedMs += 10) {
    const [pid] = childrenOf(child.pid ?? 0)
    if (pid !== undefined) return pid
    if (child.exitCode !== null) break
    await sleep(10)
  }
  throw new Error(`${command[0]} did not start`)
}

/** @param {Places} places */
function doorOf(places) {
  const pid = initPid(places)
  if (pid === undefined) throw new Error('the openstack lab is not up')
  return ['--target', String(pid), '--net', '--mount', '--pid', '--ipc']
}

/**
 * @param {Places} places
 * @returns {number | undefined} of the sandbox's first process, while it lives
 */
function initPid({ initPidFile, workDirectory }) {
  const pid = Number(existsSync(initPidFile) ? readFileSync(initPidFile, 'utf8') : '')
  // The number may be another process's by now.
  return pid > 0 && commandOf(pid).includes(workDirectory) ? pid : undefined
}

/** @param {number} pid */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/**
 * @param {number} pid
 * @returns {readonly number[]}
 */
function childrenOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').map(Number).filter(Boolean)
  } catch {
    return []
  }
}

/**
 * Every process of a session: what a daemon has started and not sent away.
 *
 * @param {number} session
 */
export function membersOf(session) {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && sessionOf(pid) === session)
}

/** @param {number} pid */
function sessionOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[3])
  } catch {
    return undefined
  }
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} [signal]
 */
export function kill(pid, signal = 'SIGKILL') {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone by itself.
  }
}
