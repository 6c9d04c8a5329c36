import { spawn } from 'node:child_process'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../../scripts/lib/run-command.js'
import { sh } from '../lib/sh.js'
import { endAllThatSee, pidsThatSee, signal as send } from './processes.js'
import { docker, giveImages } from './tools.js'

/** @import { Node, Rootless } from './places.js' */

const startMs = 60_000
const stopMs = 20_000

/** Of the user and the group that are nobody's. */
const nobody = 65_534

/*
 * Docker Engine as a user without rights runs it: in namespaces of its own, with a network of its own (slirp4netns), so that its
 * containers are reached by published ports alone, and without control groups where the host has those of version 1.
 */

/**
 * @param {Rootless} rootless
 * @param {Node} main - in whose network namespace ports are published
 * @param {{ images: readonly string[], network: string, signal: AbortSignal, log: (line: string) => void }} given
 */
export async function startRootless(rootless, main, { images, network, signal, log }) {
  const { socket, root, subordinates, logFile, command } = rootless
  if (await answers(rootless)) return
  log('starting the rootless engine')
  mkdirSync(root, { recursive: true })
  for (const name of ['home', 'run', 'data']) {
    mkdirSync(join(root, name), { recursive: true, mode: 0o700 })
    chownSync(join(root, name), nobody, nobody)
  }
  writeFileSync(subordinates, 'nobody:1000000:65536\n')
  const output = openSync(logFile, 'a')
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd: '/', detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  child.unref()
  for (let waitedMs = 0; !(await answers(rootless)); waitedMs += 200) {
    if (waitedMs > startMs || child.exitCode !== null) {
      throw new Error(`the rootless engine did not come up:\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
    }
    await sleep(200, undefined, { signal })
  }
  await giveImages(main.socket, socket, { images, archive: join(root, 'images.tar'), signal })
  await docker(socket, ['network', 'create', network], signal)
}

/** @param {Rootless} rootless */
async function answers({ socket }) {
  if (!existsSync(socket)) return false
  return (await runCommand('docker', ['-H', `unix://${socket}`, 'version'], { timeoutMs: 10_000 })).ok
}

/**
 * Ends it with all that it runs, and removes its files.
 *
 * @param {Rootless} rootless
 * @param {(line: string) => void} log
 */
export async function stopRootless({ root, subordinates }, log) {
  if (!existsSync(root)) return
  log('stopping the rootless engine')
  const [first] = pidsThatSee(subordinates).toSorted((a, b) => a - b)
  if (first !== undefined) send(first, 'SIGTERM')
  for (let waitedMs = 0; waitedMs < stopMs && pidsThatSee(subordinates).length > 0; waitedMs += 200) {
    await sleep(200)
  }
  await endAllThatSee(subordinates)
  await sh('rm', ['-rf', '--one-file-system', root])
}
