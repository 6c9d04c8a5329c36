import { Autoscaler, httpProbe, silentLogger } from '@flotilla/core'
import { docker } from '@flotilla/backend-docker'
import { nginx } from '@flotilla/balancer-nginx'
import { docker as dockerCommand } from '../../labs/docker/tools.js'
import { benchDirectory, images, node } from './docker-lab.js'

/** @import { DockerOptions } from '@flotilla/backend-docker' */
/** @import { AutoscalerOptions } from '@flotilla/core' */
/** @import { Front } from './docker-front.js' */

export const host = { host: `unix://${node.socket}` }

/** The container of the bench's worker, for docker(). */
export const workerOptions = {
  image: images.worker,
  port: 8080,
  command: ['/bin/node', '/bench/lib/docker-worker.js'],
  volumes: [`${benchDirectory}:/bench:ro`],
  pull: /** @type {const} */ ('never'),
}

/**
 * An Autoscaler of containers behind an Nginx; without a policy its size is set by hand.
 *
 * @param {{ options: Front['options'] }} front
 * @param {Omit<AutoscalerOptions, 'backend' | 'balancer'>} options
 * @param {Partial<DockerOptions>} [template]
 */
export function groupBehind(front, options, template = {}) {
  const backend = docker({ engine: host, ...workerOptions, ...template })
  const balancer = nginx(front.options)
  const web = new Autoscaler({
    logger: silentLogger,
    probe: httpProbe('/health'),
    intervalMs: 1000,
    ...options,
    backend,
    balancer,
  })
  const inService = () => web.status().instances.filter(({ state }) => state === 'in-service').length
  const close = async () => {
    await web.stop({ terminate: true })
    await balancer.close()
    await backend.close?.()
  }
  return { web, backend, balancer, inService, close }
}

/** @param {string} group */
export async function containersOf(group) {
  const args = ['ps', '-a', '-q', '--no-trunc', '--filter', `label=flotilla.group=${group}`]
  const text = await dockerCommand(node.socket, args)
  return text.split('\n').filter(Boolean)
}
