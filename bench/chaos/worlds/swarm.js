import { spawnSync } from 'node:child_process'
import { worldDirectory } from '../store-disk.js'
import { actsOnSwarm } from './swarm-acts.js'
import { cli, down, linesOf, manager, up } from './swarm-nodes.js'

/** @import { World } from '../world.js' */

const max = 4
const intervalMs = 1000
const group = 'chaos'
const image = 'flotilla-lab/web:1'

/** Two engines of its own, where the nodes' addresses can be reached. */
export const place = {
  async up() {
    await up()
    const versions = spawnSync('dockerd', ['--version'], { encoding: 'utf8' }).stdout.trim()
    return { namespacePath: manager.namespacePath, environment: {}, versions: `${versions}, two nodes` }
  },
  down,
}

/**
 * Tasks of a service on two nodes, behind the embedded proxy. They are counted by `docker service ps`.
 *
 * @param {number} seed
 * @returns {Promise<World>}
 */
export async function makeWorld(seed) {
  const disk = worldDirectory('swarm')
  const { directory } = disk
  const port = 25_000 + (seed % 1000)
  await removeAll()
  // Services like ours that are somebody else's: one by name, one by its labels of another scope.
  await runStranger('chaos-shop')
  await runStranger('chaosx', '--label', `flotilla.group=${group}`, '--label', 'flotilla.scope=other')
  const before = await strangers()

  const machines = async () => {
    const rows = await placesOf(group)
    // A place has two tasks for a while when the next starts before the last has stopped.
    return [...new Set(rows)]
  }
  return {
    name: 'swarm',
    max,
    intervalMs,
    settleMs: 90_000,
    sampleMs: 500,
    ratePerSecond: 10,
    url: `http://127.0.0.1:${port}/`,
    directory,
    groupModule: new URL('swarm-group.js', import.meta.url).href,
    settings: { directory, socket: manager.socket, port, max, intervalMs },
    machines,
    async harm() {
      const now = await strangers()
      return before
        .filter((row) => !now.includes(row))
        .map((row) => `a stranger's service was changed: ${row}`)
    },
    async leftovers() {
      const services = linesOf(await cli('service', 'ls', '--format', '{{.Name}}'))
      return services.filter((name) => name === group)
    },
    frontDiesWithController: true,
    // Swarm chooses who goes, so that a scale-in ends one that serves.
    scaleInExcusedMs: 15_000,
    acts: actsOnSwarm({ group, image, max }),
    async down() {
      // An engine that is away has its services removed with it.
      await removeAll().catch((error) => console.log(String(error)))
      disk.remove()
    },
  }
}

/**
 * @param {string} name
 * @param {...string} options
 */
async function runStranger(name, ...options) {
  const template = ['--endpoint-mode', 'dnsrr', ...options, image]
  await cli('service', 'create', '--detach', '--name', name, ...template)
}

/** Size and labels of services that are not ours. */
async function strangers() {
  const format = '{{.Spec.Name}} {{.ID}} {{.Spec.Mode.Replicated.Replicas}} {{json .Spec.Labels}}'
  return linesOf(await cli('service', 'inspect', '--format', format, 'chaos-shop', 'chaosx'))
}

/** @param {string} service */
async function placesOf(service) {
  const filter = ['--filter', 'desired-state=running']
  const asked = cli('service', 'ps', ...filter, '--format', '{{.Name}}', service)
  return linesOf(
    await asked.catch((error) => {
      if (String(error).includes('no such service')) return ''
      throw error
    }),
  )
}

async function removeAll() {
  const services = linesOf(await cli('service', 'ls', '-q'))
  if (services.length > 0) await cli('service', 'rm', ...services)
}
