import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDaemon, stopDaemon, tellIfGone } from './daemon.js'
import { buildImages } from './images.js'
import { installNeeded } from './install.js'
import { nodesOf, placesOf, podmanOf, rootlessOf } from './places.js'
import { startPodman, stopPodman } from './podman.js'
import { startRootless, stopRootless } from './rootless.js'
import { runSuites } from './suites.js'
import { joinSwarm } from './swarm.js'
import { addNamespace, layCable, removeNamespace } from '../lib/namespace.js'
import { sh } from '../lib/sh.js'
import { docker } from './tools.js'

/** @import { Counts } from '../../scripts/lib/counts.js' */
/** @import { LabContext } from '../lib/contract.js' */

/*
 * Two Docker Engines, each in a network namespace of its own, so that neither touches the host's own Docker, its
 * bridges and its firewall rules: `main` for nearly everything, and `second` to make a swarm with. Podman and an engine without rights beside `main`.
 */

/** @param {LabContext} context */
export async function up({ workDirectory, signal, log }) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('the docker lab starts daemons in network namespaces: it needs Linux, and root')
  }
  await installNeeded({ signal, log })
  const places = placesOf(workDirectory)
  mkdirSync(workDirectory, { recursive: true })
  mkdirSync(places.runDirectory, { recursive: true, mode: 0o700 })
  const [main, second] = nodesOf(places)
  for (const node of [main, second]) await addNamespace(node, signal)
  await layCable(main, second, signal)
  for (const node of [main, second]) await startDaemon(node, { signal, log })
  log('building images')
  await buildImages(places, [main.socket, second.socket], signal)
  const networks = await docker(main.socket, ['network', 'ls', '--format', '{{.Name}}'], signal)
  if (!networks.split('\n').includes(places.network)) {
    await docker(main.socket, ['network', 'create', places.network], signal)
  }
  await joinSwarm(main, second, signal)
  const images = ['flotilla-lab/web:1', 'flotilla-lab/worker:1']
  await startPodman(podmanOf(places), main, { images, network: places.network, signal, log })
  await startRootless(rootlessOf(places), main, { images, network: places.network, signal, log })
  writeFileSync(join(workDirectory, 'daemon.json'), JSON.stringify(main, undefined, 2))
  log(
    `engine at unix://${main.socket}; by hand: nsenter --net=${main.namespacePath} docker -H unix://${main.socket} ps`,
  )
}

/**
 * @param {LabContext} context
 * @returns {Promise<Counts>}
 */
export async function test({ workDirectory, signal, log }) {
  const places = placesOf(workDirectory)
  const nodes = nodesOf(places)
  const engines = { nodes, podman: podmanOf(places), rootless: rootlessOf(places) }
  const counts = await runSuites(workDirectory, engines, signal)
  for (const node of nodes) await tellIfGone(node, log)
  return counts
}

/** @param {LabContext} context */
export async function down({ workDirectory, log }) {
  const places = placesOf(workDirectory)
  await stopPodman(podmanOf(places), log)
  await stopRootless(rootlessOf(places), log)
  for (const node of nodesOf(places)) {
    await stopDaemon(node, log)
    await removeNamespace(node)
  }
  rmSync(places.runDirectory, { recursive: true, force: true })
  // Containers' files may carry marks that only this takes away.
  if (existsSync(workDirectory)) await sh('rm', ['-rf', '--one-file-system', workDirectory])
}
