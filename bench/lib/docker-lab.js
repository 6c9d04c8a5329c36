import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startDaemon, stopDaemon } from '../../labs/docker/daemon.js'
import { buildImages } from '../../labs/docker/images.js'
import { installNeeded } from '../../labs/docker/install.js'
import { docker } from '../../labs/docker/tools.js'
import { addNamespace, removeNamespace } from '../../labs/lib/namespace.js'

/** @import { Node } from '../../labs/docker/places.js' */

/** Of this bench's own engine, so that it runs beside the host's and the lab's; as with labs, another name may be given. */
const namespace = `${process.env['FLOTILLA_LAB_NAME'] ?? 'flotilla'}-bench-docker`
const runDirectory = join(tmpdir(), namespace)
const workDirectory = fileURLToPath(new URL(`../.flotilla/${namespace}`, import.meta.url))
/** Containers of the bench run its programs from here. */
export const benchDirectory = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

export const images = { web: 'flotilla-lab/web:1', worker: 'flotilla-lab/worker:1' }

/** @type {Node} */
export const node = {
  name: 'main',
  namespace,
  namespacePath: `/run/netns/${namespace}`,
  socket: join(runDirectory, 'docker.sock'),
  pidFile: join(runDirectory, 'docker.pid'),
  execRoot: join(runDirectory, 'exec'),
  dataRoot: join(workDirectory, 'data'),
  logFile: join(workDirectory, 'dockerd.log'),
  address: '127.0.0.1',
  command: [
    ['nsenter', `--net=/run/netns/${namespace}`, 'dockerd'],
    ['--host', `unix://${join(runDirectory, 'docker.sock')}`],
    ['--pidfile', join(runDirectory, 'docker.pid')],
    ['--data-root', join(workDirectory, 'data'), '--exec-root', join(runDirectory, 'exec')],
    ['--cgroup-parent', `/${namespace}`],
  ].flat(),
}

/** Brings up an engine of this bench's own in a network namespace, with the lab's images. */
export async function up() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('the docker bench starts a daemon in a network namespace: it needs Linux, and root')
  }
  const signal = AbortSignal.timeout(300_000)
  const log = (/** @type {string} */ line) => console.log(`[lab] ${line}`)
  await installNeeded({ signal, log })
  mkdirSync(runDirectory, { recursive: true, mode: 0o700 })
  mkdirSync(workDirectory, { recursive: true })
  await addNamespace(node, signal)
  await startDaemon(node, { signal, log })
  const found = await docker(node.socket, ['images', '--format', '{{.Repository}}:{{.Tag}}'], signal)
  if (Object.values(images).every((image) => found.split('\n').includes(image))) return
  log('building images')
  await buildImages({ workDirectory, runDirectory, network: '' }, [node.socket], signal)
}

export async function down() {
  await stopDaemon(node, (line) => console.log(`[lab] ${line}`))
  await removeNamespace(node)
  rmSync(runDirectory, { recursive: true, force: true })
  if (existsSync(workDirectory)) rmSync(workDirectory, { recursive: true, force: true })
}
