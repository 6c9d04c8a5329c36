import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../../scripts/lib/run-command.js'
import { sh } from '../lib/sh.js'

/** @import { Node } from './places.js' */

const startMs = 60_000
const stopMs = 30_000

/**
 * Starts an engine and waits until it answers. Does nothing when it does already.
 *
 * @param {Node} node
 * @param {{ signal: AbortSignal, log: (line: string) => void }} given
 */
export async function startDaemon(node, { signal, log }) {
  giveContainersTheirShare(node.namespace)
  if (await answers(node)) return
  log(`starting the ${node.name} engine`)
  mkdirSync(node.dataRoot, { recursive: true })
  await shareMounts(node, signal)
  const output = openSync(node.logFile, 'a')
  const [program = '', ...args] = node.command
  const child = spawn(program, args, { detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  child.unref()
  for (let waitedMs = 0; waitedMs < startMs; waitedMs += 200) {
    signal.throwIfAborted()
    if (await answers(node)) return
    if (child.exitCode !== null) break
    await sleep(200, undefined, { signal })
  }
  const log20 = existsSync(node.logFile)
    ? readFileSync(node.logFile, 'utf8').split('\n').slice(-20).join('\n')
    : ''
  throw new Error(`the ${node.name} engine did not come up:\n${log20}`)
}

/**
 * All containers together would weigh as much as one process of a busy host, and a saturated one look idle: as much as
 * sixteen.
 *
 * @param {string} cgroup - of all containers together
 */
export function giveContainersTheirShare(cgroup) {
  if (!existsSync('/sys/fs/cgroup/cpu')) return
  const directory = `/sys/fs/cgroup/cpu/${cgroup}`
  mkdirSync(directory, { recursive: true })
  writeFileSync(`${directory}/cpu.shares`, '16384')
}

/**
 * Has an engine's directory as it is under systemd, whose mounts are shared. Where they are not, an engine mounts it on
 * itself at each start and takes that away at its end: a container's mount that it makes while it ends is hidden by the
 * next engine's, which then can neither unmount it nor remove the container.
 *
 * @param {Node} node
 * @param {AbortSignal} signal
 */
async function shareMounts(node, signal) {
  if (!mountPoints(node).includes(node.dataRoot)) {
    await sh('mount', ['--bind', node.dataRoot, node.dataRoot], { signal })
  }
  await sh('mount', ['--make-shared', node.dataRoot], { signal })
}

/** @param {Node} node */
async function answers({ socket }) {
  if (!existsSync(socket)) return false
  const args = ['-H', `unix://${socket}`, 'version', '--format', '{{.Server.Version}}']
  return (await runCommand('docker', args, { timeoutMs: 10_000 })).ok
}

/**
 * Says so when an engine has gone by itself: its log goes with the lab, and every suite after that moment has failed.
 *
 * @param {Node} node
 * @param {(line: string) => void} log
 */
export async function tellIfGone(node, log) {
  if (await answers(node)) return
  const lines = existsSync(node.logFile) ? readFileSync(node.logFile, 'utf8').split('\n') : []
  const panic = lines.findLastIndex((line) => /^(panic|fatal error):/.test(line))
  const lastWords = panic === -1 ? lines.slice(-20) : lines.slice(panic, panic + 40)
  log(`the ${node.name} engine is gone, and its last words are:\n${lastWords.join('\n')}`)
}

/**
 * Stops an engine with all that it runs, whatever state it is in, and takes away its mounts and cgroups.
 *
 * @param {Node} node
 * @param {(line: string) => void} log
 */
export async function stopDaemon(node, log) {
  const pid = existsSync(node.pidFile) ? Number(readFileSync(node.pidFile, 'utf8')) : 0
  if (pid > 0 && commandOf(pid).includes(node.socket)) {
    log(`stopping the ${node.name} engine`)
    process.kill(pid, 'SIGTERM')
    for (let waitedMs = 0; waitedMs < stopMs && commandOf(pid) !== ''; waitedMs += 100) await sleep(100)
  }
  // What an engine that was killed leaves: containerd, and a shim for each container, with its processes.
  for (let tries = 0; tries < 50 && endLeftovers(node) > 0; tries += 1) await sleep(100)
  await unmountAll(mountPoints(node))
  removeCgroups(node.namespace)
  rmSync(node.execRoot, { recursive: true, force: true })
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
 * @param {Node} node
 * @returns {number} how many there were
 */
function endLeftovers({ socket, execRoot, namespace }) {
  let count = 0
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    // The engine by its socket, containerd and the shims by their directory, a container's processes by their cgroup.
    const command = commandOf(pid)
    const isEngines = command.includes(`unix://${socket} `) && command.includes('dockerd')
    if (!isEngines && !command.includes(`${execRoot}/`) && !cgroupsOf(pid).includes(`:/${namespace}/`))
      continue
    count += 1
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Gone by itself.
    }
  }
  return count
}

/** @param {number} pid */
function cgroupsOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  } catch {
    return ''
  }
}

/** @param {Node} node */
function mountPoints({ dataRoot, execRoot }) {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${dataRoot}/`) || path.startsWith(`${execRoot}/`) || path === dataRoot)
    .toReversed()
}

/** @param {readonly string[]} paths */
async function unmountAll(paths) {
  for (const path of paths) await runCommand('umount', ['-l', path], { timeoutMs: 10_000 })
}

/** @param {string} name - of the engine's own cgroup in each hierarchy */
export function removeCgroups(name) {
  const hierarchies = ['', ...readdirSync('/sys/fs/cgroup')]
  for (const hierarchy of hierarchies) {
    const top = `/sys/fs/cgroup/${hierarchy}/${name}`
    if (!existsSync(top)) continue
    for (const path of [...directoriesBelow(top), top]) {
      try {
        rmdirSync(path)
      } catch {
        // Something in it is still ending; an empty cgroup costs nothing.
      }
    }
  }
}

/**
 * Deepest first.
 *
 * @param {string} path
 * @returns {string[]}
 */
function directoriesBelow(path) {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [...directoriesBelow(`${path}/${name}`), `${path}/${name}`])
}
