import { readFileSync } from 'node:fs'
import { secretsOf } from '../../../labs/openstack/secrets.js'
import { worldDirectory } from '../store-disk.js'
import { CloudApi } from './openstack-api.js'
import { actsOnServers } from './openstack-acts.js'
import { actsOnCloud } from './openstack-acts-cloud.js'
import { Operator } from './openstack-operator.js'
import { Project } from './openstack-project.js'

/** @import { Places } from '../../../labs/openstack/places.js' */
/** @import { World } from '../world.js' */

const max = 3
const intervalMs = 1000
const scope = 'chaos-bench'

/**
 * Servers of fake compute hosts, with a port and a floating address each. There is no guest, so nobody serves requests;
 * Nova and Neutron are asked over plain HTTP.
 *
 * @returns {Promise<World>}
 */
export async function openWorld() {
  /** @type {Places} */
  const places = JSON.parse(readFileSync(process.env['FLOTILLA_LIVE_OPENSTACK_LAB'] ?? '', 'utf8'))
  const secrets = secretsOf(places)
  const api = new CloudApi({ name: 'autoscaler', password: secrets.users, project: 'lab' })
  const admin = new CloudApi({ name: 'admin', password: secrets.admin, project: 'admin' })
  const project = new Project(api, scope)
  const operator = new Operator(api, admin, project)
  await project.empty()
  await operator.bringStrangers()
  const disk = worldDirectory('openstack')
  const { directory } = disk
  return {
    name: 'openstack',
    max,
    intervalMs,
    settleMs: 180_000,
    sampleMs: 4000,
    directory,
    groupModule: new URL('openstack-group.js', import.meta.url).href,
    settings: { directory, scope, cloud: process.env['OS_CLOUD'], max, intervalMs },
    machines: async () =>
      (await project.members()).map((server) => {
        const { name, id, status, 'OS-EXT-STS:task_state': task } = server
        return [name, id, status, task ?? ''].join(' ').trim()
      }),
    harm: () => project.harm(),
    leftovers: () => project.leftovers(),
    frontDiesWithController: false,
    acts: [...actsOnServers(operator), ...actsOnCloud(operator, places)],
    async down() {
      await project.empty().finally(() => disk.remove())
    },
  }
}
