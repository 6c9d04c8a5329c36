import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Autoscaler, silentLogger } from '@flotilla/core'
import { docker } from '@flotilla/backend-docker'
import { startDaemon, stopDaemon } from '../../labs/docker/daemon.js'
import { docker as dockerCommand } from '../../labs/docker/tools.js'
import { images, node } from './docker-lab.js'
import { until } from './until.js'

/** @import { Node } from '../../labs/docker/places.js' */
/** @import { Outcome } from './docker-fault-group.js' */

const sizeMb = 64

/**
 * A group on an engine of its own, whose whole disk is small and becomes full.
 *
 * @returns {Promise<Outcome>}
 */
export async function engineDiskFull() {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-small-'))
  const small = smallEngine(directory)
  mkdirSync(small.dataRoot)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', small.dataRoot])
  try {
    await startDaemon(small, { signal: AbortSignal.timeout(60_000), log: console.log })
    execFileSync('sh', [
      '-c',
      'docker -H "unix://$0" save "$2" | docker -H "unix://$1" load -q',
      node.socket,
      small.socket,
      images.web,
    ])
    return await fillUnder(small)
  } finally {
    await stopDaemon(small, () => {})
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * In a network of its own, where neither's bridges are in the other's way; nothing is asked of its containers.
 *
 * @param {string} directory
 * @returns {Node}
 */
function smallEngine(directory) {
  const namespace = 'flotilla-bench-small'
  const socket = join(directory, 'docker.sock')
  const pidFile = join(directory, 'docker.pid')
  const execRoot = join(directory, 'exec')
  const dataRoot = join(directory, 'data')
  const logFile = join(directory, 'log')
  const command = [
    ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', 'dockerd'],
    ['--host', `unix://${socket}`, '--pidfile', pidFile],
    ['--data-root', dataRoot, '--exec-root', execRoot, '--cgroup-parent', `/${namespace}`],
  ].flat()
  const about = { name: 'small', namespace, namespacePath: '', address: '' }
  return { ...about, socket, pidFile, execRoot, dataRoot, logFile, command }
}

/**
 * @param {Node} engine
 * @returns {Promise<Outcome>}
 */
async function fillUnder({ socket, dataRoot }) {
  const backend = docker({ image: images.web, pull: 'never', engine: { host: `unix://${socket}` } })
  const web = new Autoscaler({
    group: 'faults',
    min: 0,
    max: 6,
    intervalMs: 500,
    backend,
    logger: silentLogger,
    launch: { backoff: { baseMs: 500, capMs: 2000 } },
  })
  /** @type {string[]} */
  const said = []
  web.on('problem', ({ kind, message }) => said.push(`${kind}: ${message}`))
  web.on('instance', ({ to, reason }) => void (to === 'failed' && said.push(`failed: ${reason}`)))
  const found = async () => (await dockerCommand(socket, ['ps', '-aq'])).split('\n').filter(Boolean).length
  const sized = async (/** @type {number} */ size) => {
    await web.setDesired(size)
    const isThere = () =>
      web.status().instances.filter(({ state }) => state === 'in-service').length === size &&
      web.status().instances.length === size
    await until(isThere)
    if ((await found()) !== size) throw new Error(`${await found()} containers where ${size} are wanted`)
  }
  try {
    await web.start()
    await web.pause('scaling')
    await sized(2)
    const filler = join(dataRoot, 'filler')
    fill(filler)
    await web.setDesired(4)
    await sleep(5000)
    const whileFull = await found()
    // What is there must be able to go, full or not.
    await sized(1)
    rmSync(filler)
    const startMs = performance.now()
    await sized(4)
    const tookMs = performance.now() - startMs
    const note = `a tmpfs of ${sizeMb} MiB; ${whileFull} of 2 containers there while it was full, one of them ended then; 4 again ${(tookMs / 1000).toFixed(1)} s after there was room`
    await web.stop({ terminate: true })
    if ((await found()) > 0) throw new Error('containers are left on the small engine')
    return { said, asked: 0, lost: 0, note }
  } finally {
    await web.stop({ terminate: true })
    await backend.close?.()
  }
}

/** @param {string} path */
function fill(path) {
  try {
    writeFileSync(path, Buffer.alloc(sizeMb * 2 ** 20))
  } catch {
    // Full now.
  }
}
