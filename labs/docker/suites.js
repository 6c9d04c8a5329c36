import { join } from 'node:path'
import { sumCounts } from '../../scripts/lib/counts.js'
import { insideNetwork, runLiveSuites } from '../lib/run-live-suites.js'

/** @import { Counts } from '../../scripts/lib/counts.js' */
/** @import { Node, Podman, Rootless } from './places.js' */

/**
 * Most suites are of the main engine, and run one after another inside its namespace, where containers' addresses can be
 * reached. Those of Nginx need less, and run beside them: on a host in a namespace of their own, so that neither takes
 * the other's ports, and in a container on the second engine, and of Podman.
 *
 * @param {string} workDirectory
 * @param {{ nodes: readonly [main: Node, second: Node], podman: Podman, rootless: Rootless }} engines
 * @param {AbortSignal} signal
 * @returns {Promise<Counts>}
 */
export async function runSuites(workDirectory, { nodes: [main, second], podman, rootless }, signal) {
  const env = {
    FLOTILLA_LIVE_DOCKER: main.socket,
    FLOTILLA_LIVE_PODMAN: podman.socket,
    FLOTILLA_LIVE_ROOTLESS: rootless.socket,
    FLOTILLA_LIVE_DOCKER_DAEMON: join(workDirectory, 'daemon.json'),
    FLOTILLA_LIVE_SWARM: [main, second].map(({ namespace, socket }) => `${namespace}=${socket}`).join(','),
    FLOTILLA_LIVE_NGINX: '1',
  }
  const run = async (/** @type {Suites} */ { name, within, files, node, show = false }) => {
    const { counts, output } = await runLiveSuites(
      { reportFile: join(workDirectory, `${name}.json`), within, files },
      { env: { ...env, DOCKER_HOST: `unix://${node.socket}` }, signal, show },
    )
    return { counts, output }
  }
  const alone = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']
  const nginx = 'packages/balancer-nginx/test/live'

  const ofEngine = run({
    name: 'engine',
    within: insideNetwork(main),
    files: ['packages/backend-docker/test/live', 'packages/backend-swarm/test/live', 'labs/docker/test'],
    node: main,
    show: true,
  })
  const beside = async () => [
    await run({ name: 'nginx-host', within: alone, files: [`${nginx}/host`], node: second }),
    await run({
      name: 'nginx-container',
      within: insideNetwork(second),
      files: [`${nginx}/container`],
      node: second,
    }),
    await run({ name: 'nginx-podman', within: insideNetwork(main), files: [`${nginx}/podman`], node: main }),
  ]
  const [first, others] = await Promise.all([ofEngine, beside()])
  // Their lines would have stood among the first ones'.
  for (const { output } of others) console.log(output)
  return sumCounts([first, ...others].map(({ counts }) => counts))
}

/**
 * @typedef {object} Suites
 * @property {string} name - of its report
 * @property {readonly string[]} within - goes before the command
 * @property {readonly string[]} files - parts of paths
 * @property {Node} node - whose engine `DOCKER_HOST` names
 * @property {boolean} [show] - prints as it goes
 */
