import { spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { addNamespace, removeNamespace } from '../lib/namespace.js'
import { writeConfiguration } from './configuration.js'
import { startDaemon, stopDaemon } from './daemon.js'
import { furnish } from './hypervisor.js'
import { guardedHostOf } from './places.js'

/** @import { Places } from './places.js' */
/** @typedef {ReturnType<typeof guardedHostOf>} GuardedHost */

const script = fileURLToPath(new URL('polkit.sh', import.meta.url))
const waitMs = 30_000

/**
 * Starts a libvirtd that lets a user do to each object only what polkit's rules say (`access_drivers`). root may all.
 *
 * @param {Places} places
 * @param {{ signal: AbortSignal, log: (line: string) => void }} given
 * @returns {Promise<GuardedHost & { uriAsNobody: string }>} with the URI by which it is reached as the user `nobody`
 */
export async function startGuarded(places, { signal, log }) {
  const host = guardedHostOf(places)
  await addNamespace(host, signal)
  writeConfiguration(places, host)
  mkdirSync(host.rulesDirectory, { recursive: true })
  for (const path of [host.socketDirectory, host.rulesDirectory]) chmodSync(path, 0o755)
  await startPolkit(host)
  writeFileSync(join(host.directory, 'etc/libvirtd.conf'), settings(host))
  await startDaemon(places, host, { signal, log })
  await furnish(places, host, signal)
  const command = join(host.socketDirectory, 'as-nobody')
  writeFileSync(
    command,
    `#!/bin/sh\nexec setpriv --reuid nobody --regid nogroup --clear-groups socat - UNIX-CONNECT:${host.socketDirectory}/libvirt-sock\n`,
    { mode: 0o755 },
  )
  return { ...host, uriAsNobody: `qemu+ssh://guarded/system?proxy=netcat&command=${command}` }
}

/** @param {GuardedHost} host */
const settings = ({ socketDirectory, uuid, logFile }) => `host_uuid = "${uuid}"
unix_sock_dir = "${socketDirectory}"
unix_sock_rw_perms = "0777"
auth_unix_rw = "polkit"
access_drivers = [ "polkit" ]
listen_tcp = 0
listen_tls = 0
log_outputs = "3:file:${logFile}"
`

/** @param {GuardedHost} host */
async function startPolkit(host) {
  const configuration = join(host.directory, 'bus.conf')
  writeFileSync(
    configuration,
    `<busconfig><type>system</type><listen>${host.environment?.['DBUS_SYSTEM_BUS_ADDRESS']}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*"/>
<allow receive_sender="*"/></policy></busconfig>
`,
  )
  rmSync(host.polkitLogFile, { force: true })
  const output = openSync(host.polkitLogFile, 'a')
  const enter = [`--net=${host.namespacePath}`, 'unshare', '--mount', '--propagation', 'private']
  spawn('nsenter', [...enter, script, host.rulesDirectory, configuration], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...host.environment },
  }).unref()
  closeSync(output)
  await untilLogged(host, /Acquired the name/g, 1)
}

/**
 * Gives polkit its rules, and waits until it has them.
 *
 * @param {GuardedHost} host
 * @param {string} rules
 */
export async function setRules(host, rules) {
  const loads = countOf(host, loaded)
  writeFileSync(join(host.rulesDirectory, '10-lab.rules'), rules, { mode: 0o644 })
  await untilLogged(host, loaded, loads + 1)
}

const loaded = /Finished loading, compiling and executing/g

/** @param {GuardedHost} host @param {RegExp} words */
const countOf = ({ polkitLogFile }, words) =>
  existsSync(polkitLogFile) ? (readFileSync(polkitLogFile, 'utf8').match(words) ?? []).length : 0

/** @param {GuardedHost} host @param {RegExp} words @param {number} count */
async function untilLogged(host, words, count) {
  for (let waitedMs = 0; countOf(host, words) < count; waitedMs += 50) {
    if (waitedMs > waitMs) throw new Error(`polkit did not say ${words.source}; see ${host.polkitLogFile}`)
    await sleep(50)
  }
}

/**
 * Ends it with its machines, their definitions and disks, and polkit. Does nothing where it was not started.
 *
 * @param {Places} places
 * @param {(line: string) => void} log
 */
export async function stopGuarded(places, log) {
  const host = guardedHostOf(places)
  await stopDaemon(host, log)
  await removeNamespace(host)
  for (const path of [host.socketDirectory, host.directory, host.imagesDirectory])
    rmSync(path, { recursive: true, force: true })
}
