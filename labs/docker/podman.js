import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../../scripts/lib/run-command.js'
import { sh } from '../lib/sh.js'
import { giveContainersTheirShare, removeCgroups } from './daemon.js'
import { endAllThatSee } from './processes.js'
import { docker, giveImages } from './tools.js'

/** @import { Node, Podman } from './places.js' */

const startMs = 60_000

/*
 * Podman's service, which speaks Docker's language: in a mount namespace of its own, so that its mounts and what it notes of
 * networks are no matter of the host's, and go with its last process.
 */

/** What Podman calls the parent of its containers' control groups. */
const cgroup = 'libpod_parent'

/** Its limits are what a process without special rights may have, and its locks are its own. */
const config = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
lock_type = "file"
`

/**
 * @param {Podman} podman
 * @param {Node} main - whose network namespace it shares, so that one suite reaches the containers of both
 * @param {{ images: readonly string[], network: string, signal: AbortSignal, log: (line: string) => void }} given
 */
export async function startPodman(podman, main, { images, network, signal, log }) {
  const { socket, root, configFile, logFile, command } = podman
  if (await answers(podman)) return
  log('starting Podman')
  for (const directory of [root, join(root, 'cni')]) mkdirSync(directory, { recursive: true })
  writeFileSync(configFile, config)
  giveContainersTheirShare(cgroup)
  rmSync(socket, { force: true })
  const output = openSync(logFile, 'a')
  const [program = '', ...args] = command
  const env = { ...process.env, CONTAINERS_CONF: configFile }
  const child = spawn(program, args, { detached: true, stdio: ['ignore', output, output], env })
  closeSync(output)
  child.unref()
  for (let waitedMs = 0; !(await answers(podman)); waitedMs += 200) {
    if (waitedMs > startMs || child.exitCode !== null) {
      throw new Error(`Podman did not come up:\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
    }
    await sleep(200, undefined, { signal })
  }
  await giveImages(main.socket, socket, { images, archive: join(root, 'images.tar'), signal })
  await docker(socket, ['network', 'create', network], signal)
}

/** @param {Podman} podman */
async function answers({ socket }) {
  if (!existsSync(socket)) return false
  return (await runCommand('docker', ['-H', `unix://${socket}`, 'version'], { timeoutMs: 10_000 })).ok
}

/**
 * Ends the service and all that it runs: whatever sees its mounts.
 *
 * @param {Podman} podman
 * @param {(line: string) => void} log
 */
export async function stopPodman({ root, runRoot, socket }, log) {
  if (!existsSync(root)) return
  log('stopping Podman')
  await endAllThatSee(root)
  rmSync(socket, { force: true })
  removeCgroups(cgroup)
  await sh('rm', ['-rf', '--one-file-system', root, runRoot])
}
