import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../../scripts/lib/run-command.js'
import { libvirtDirectories } from './configuration.js'

/** @import { Host, Places } from './places.js' */

const startMs = 60_000
const stopMs = 20_000
const keeper = fileURLToPath(new URL('keeper.sh', import.meta.url))
/** Programs that the lab starts, as the kernel shortens their names. */
const programs = [
  'tini',
  'keeper.sh',
  'libvirtd',
  'dnsmasq',
  'qemu-system-x86',
  'qemu-img',
  'sleep',
  'dbus-daemon',
  'polkitd',
]

/**
 * Starts a libvirtd and waits until it answers. Does nothing when it does already.
 *
 * @param {Places} places
 * @param {Host} host
 * @param {{ signal: AbortSignal, log: (line: string) => void }} given
 */
export async function startDaemon(places, host, { signal, log }) {
  rmSync(host.heldFile, { force: true })
  if (await answers(host)) return
  log(`starting the ${host.name} libvirtd`)
  if (!isKept(host)) startKeeper(places, host)
  for (let waitedMs = 0; waitedMs < startMs; waitedMs += 200) {
    if (await answers(host)) return
    await sleep(200, undefined, { signal })
  }
  const lines = existsSync(host.logFile) ? readFileSync(host.logFile, 'utf8').split('\n') : []
  throw new Error(`the ${host.name} libvirtd did not come up:\n${lines.slice(-20).join('\n')}`)
}

/**
 * @param {Places} places
 * @param {Host} host
 */
function startKeeper(places, host) {
  const mounts = libvirtDirectories.flatMap(({ name, path }) => [join(host.directory, name), path])
  if (host.imagesDirectory !== places.imagesDirectory)
    mounts.push(host.imagesDirectory, places.imagesDirectory)
  const output = openSync(host.logFile, 'a')
  const enter = [`--net=${host.namespacePath}`, 'unshare', '--mount', '--uts', '--propagation', 'private']
  const child = spawn(
    'nsenter',
    [...enter, 'tini', '-s', '--', keeper, host.name, host.heldFile, host.pidFile, ...mounts],
    {
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...host.environment },
    },
  )
  closeSync(output)
  child.unref()
  writeFileSync(host.keeperPidFile, String(child.pid))
}

/** @param {Host} host */
export async function answers({ uri, socketDirectory }) {
  if (!existsSync(join(socketDirectory, 'libvirt-sock'))) return false
  return (await runCommand('virsh', ['-c', uri, 'version'], { timeoutMs: 10_000 })).ok
}

/** @param {Host} host */
function isKept({ keeperPidFile, heldFile }) {
  return commandOf(pidIn(keeperPidFile)).includes(heldFile)
}

/**
 * Ends a libvirtd with its machines and its networks' servers, whatever state it is in.
 *
 * @param {Host} host
 * @param {(line: string) => void} log
 */
export async function stopDaemon(host, log) {
  if (isKept(host)) log(`stopping the ${host.name} libvirtd`)
  // The keeper first, or it starts another.
  if (isKept(host)) end(pidIn(host.keeperPidFile))
  for (let waitedMs = 0; waitedMs < stopMs && endLeftovers(host) > 0; waitedMs += 100) await sleep(100)
  for (const file of [host.keeperPidFile, host.pidFile, host.heldFile]) rmSync(file, { force: true })
}

/**
 * What is left of the programs that the lab started: QEMU and dnsmasq outlive their libvirtd. They are known by the
 * network namespace, which is the lab's own.
 *
 * @param {Host} host
 * @returns {number} how many there were
 */
function endLeftovers({ namespacePath }) {
  if (!existsSync(namespacePath)) return 0
  const namespace = `net:[${statSync(namespacePath).ino}]`
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  const ours = pids.filter((pid) => namespaceOf(pid) === namespace && programs.includes(nameOf(pid)))
  for (const pid of ours) end(pid)
  return ours.length
}

/** @param {number} pid */
function end(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone by itself.
  }
}

/** @param {number} pid */
function namespaceOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return ''
  }
}

/** @param {number} pid */
function nameOf(pid) {
  return textOf(`/proc/${pid}/comm`).trim()
}

/** @param {number} pid */
function commandOf(pid) {
  return pid > 0 ? textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') : ''
}

/** @param {string} file */
function pidIn(file) {
  return Number(textOf(file)) || 0
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
