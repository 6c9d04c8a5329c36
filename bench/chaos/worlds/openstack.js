import { spawnSync } from 'node:child_process'
import { openLab } from '../../lib/openstack-lab.js'

/** @import { Place, World } from '../world.js' */

const lab = () => openLab({ isGiven: false })

/**
 * A control plane of its own, whose APIs listen in its namespace only.
 *
 * @type {Place}
 */
export const place = {
  async up() {
    const { places, environment, up } = await lab()
    await up()
    const versions = spawnSync('dpkg-query', ['-W', '-f', 'nova ${Version}', 'nova-api'], {
      encoding: 'utf8',
    }).stdout
    return { namespacePath: places.namespacePath, environment, versions }
  },
  async down() {
    await (await lab()).down()
  },
}

/** @returns {Promise<World>} */
export async function makeWorld() {
  // The lab's files read its name when they are loaded, which is settled by then.
  const { openWorld } = await import('./openstack-world.js')
  return openWorld()
}
