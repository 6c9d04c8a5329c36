import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startDaemon, stopDaemon } from '../../../labs/docker/daemon.js'
import { buildImages } from '../../../labs/docker/images.js'
import { installNeeded } from '../../../labs/docker/install.js'
import { joinSwarm } from '../../../labs/docker/swarm.js'
import { docker } from '../../../labs/docker/tools.js'
import { addNamespace, layCable, removeNamespace } from '../../../labs/lib/namespace.js'

/** @import { Node } from '../../../labs/docker/places.js' */

// Beside a lab on the same machine.
process.env['FLOTILLA_LAB_NAME'] ??= 'flotilla-chaos'
const { nodesOf, placesOf } = await import('../../../labs/docker/places.js')

const workDirectory = fileURLToPath(new URL('../../.flotilla/swarm', import.meta.url))
const places = placesOf(workDirectory)

/** The manager, and a worker. */
export const nodes = nodesOf(places)
export const [manager] = nodes

export async function up() {
  const signal = AbortSignal.timeout(300_000)
  const log = (/** @type {string} */ line) => console.log(`[lab] ${line}`)
  await installNeeded({ signal, log })
  mkdirSync(workDirectory, { recursive: true })
  mkdirSync(places.runDirectory, { recursive: true, mode: 0o700 })
  const [main, second] = nodes
  for (const node of nodes) await addNamespace(node, signal)
  await layCable(main, second, signal)
  for (const node of nodes) await startDaemon(node, { signal, log })
  await buildImages(
    places,
    nodes.map(({ socket }) => socket),
    signal,
  )
  await joinSwarm(main, second, signal)
}

/** Ends both engines with all that they run, whatever state they are in: the second also when the first would not. */
export async function down() {
  const ended = await Promise.allSettled(
    nodes.map(async (node) => {
      await stopDaemon(node, (line) => console.log(`[lab] ${line}`))
      await removeNamespace(node)
    }),
  )
  for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason
  rmSync(places.runDirectory, { recursive: true, force: true })
  if (existsSync(workDirectory)) rmSync(workDirectory, { recursive: true, force: true })
}

/**
 * What the observer and the operators use of Docker: its command line.
 *
 * @param {Node} node
 * @param {...string} args
 */
export const on = async (node, ...args) =>
  (await docker(node.socket, args, AbortSignal.timeout(60_000))).trim()

/** @param {...string} args */
export const cli = async (...args) => on(manager, ...args)

/** @param {string} text */
export const linesOf = (text) => text.split('\n').filter(Boolean)
