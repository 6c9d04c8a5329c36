import { spawnSync } from 'node:child_process'
import { buildNginxImage, nginxImage } from '../../../labs/docker/nginx-image.js'
import { down, node, up } from '../../lib/docker-lab.js'
import { worldDirectory } from '../store-disk.js'
import { actsOnContainers } from './docker-acts.js'
import { actsOnEngine } from './docker-acts-engine.js'
import { actsOnFront } from './docker-acts-front.js'
import { attempt, cli, everyContainer, linesOf } from './docker-cli.js'
import { ContainerFront, ourFile, upstream } from './docker-front.js'
import { Strangers } from './docker-strangers.js'

/** @import { Place, World } from '../world.js' */

const max = 4
const intervalMs = 1000
const settleMs = 60_000
const network = 'chaos-net'

/** An engine of the bench's own. @type {Place} */
export const place = {
  async up() {
    await up()
    const { stdout } = spawnSync('dockerd', ['--version'], { encoding: 'utf8' })
    return {
      namespacePath: node.namespacePath,
      environment: { DOCKER_HOST: `unix://${node.socket}` },
      versions: stdout.trim(),
    }
  },
  down,
}

/**
 * Containers behind Nginx in a container, which goes on when the controller dies. They are counted by `docker ps`.
 *
 * @returns {Promise<World>}
 */
export async function makeWorld() {
  const disk = worldDirectory('docker')
  await prepare()
  const front = new ContainerFront({ network, address: '10.88.0.10' })
  await front.run()
  const strangers = new Strangers(network)
  await strangers.run()
  await strangers.run({
    labels: { 'flotilla.group': 'chaos', 'flotilla.token': 'abc', 'flotilla.scope': 'other' },
  })
  const volumesBefore = linesOf(await cli('volume', 'ls', '-q'))

  const members = async () =>
    (await everyContainer()).filter(
      ({ name, group }) => (group === 'chaos' || name.startsWith('chaos-')) && !strangers.has(name),
    )
  const machines = async () =>
    (await members()).map(({ id, name, state }) => `${id.slice(0, 12)} ${name} ${state}`)
  const given = { members, front, strangers, network, settleMs, intervalMs }
  return {
    name: 'docker',
    max,
    intervalMs,
    settleMs,
    sampleMs: 250,
    ratePerSecond: 25,
    url: front.url,
    directory: disk.directory,
    groupModule: new URL('docker-group.js', import.meta.url).href,
    settings: {
      directory: disk.directory,
      socket: node.socket,
      network,
      container: front.container,
      upstream,
      listen: 80,
      max,
      intervalMs,
    },
    machines,
    harm: async () => [...(await strangers.harm()), ...(await front.harm())],
    async leftovers() {
      const volumes = linesOf(await cli('volume', 'ls', '-q')).filter((name) => !volumesBefore.includes(name))
      const entries = (await front.read(ourFile))?.match(/server 10\.88\.\S+:8080\b/g) ?? []
      return [...(await machines()), ...volumes, ...entries]
    },
    frontDiesWithController: false,
    acts: [...actsOnContainers(given), ...actsOnFront(given), ...actsOnEngine(given)],
    async down() {
      await removeAll()
      disk.remove()
    },
  }
}

/** An engine with nothing on it but the images, and a network whose front has an address that no container is given. */
async function prepare() {
  await removeAll()
  await cli('network', 'create', '--subnet', '10.88.0.0/24', '--ip-range', '10.88.0.128/25', network)
  if ((await cli('images', '-q', nginxImage)) === '') await buildNginxImage(node.socket)
}

async function removeAll() {
  const all = (await everyContainer().catch(() => [])).map(({ id }) => id)
  if (all.length > 0) await attempt('rm', '-f', '-v', ...all)
  await attempt('network', 'rm', network)
  await attempt('image', 'prune', '-f')
}
