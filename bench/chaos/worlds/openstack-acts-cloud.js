import { setTimeout as sleep } from 'node:timers/promises'
import { killService, restoreService } from '../../../labs/openstack/outage.js'
import { until } from '../../lib/until.js'

/** @import { Places } from '../../../labs/openstack/places.js' */
/** @import { Act } from '../world.js' */
/** @import { Operator } from './openstack-operator.js' */

/**
 * What somebody does to ports, floating addresses, the project and the control plane.
 *
 * @param {Operator} operator
 * @param {Places} places
 * @returns {readonly Act[]}
 */
export function actsOnCloud(operator, places) {
  const { api, admin, project } = operator
  return [
    ...['nova-api', 'nova-compute-fake1', 'nova-compute-fake2', 'nova-conductor', 'neutron', 'keystone'].map(
      (service) => outage(places, service),
    ),
    {
      name: 'take a floating address over',
      async run({ random }) {
        const server = await operator.one(random)
        const { addresses } = await operator.belongingsOf(server)
        const port = await operator.addPort('operators-own')
        await project.keep(port)
        for (const { id } of addresses) {
          await api.ask('network', 'PUT', `/floatingips/${id}`, { floatingip: { port_id: port } })
          await project.keep(id)
        }
        await deleteAndLook(operator, server.id)
        // As its README says: with a description of its own it is no business of the group's.
        for (const { id } of addresses) {
          project.letGo(id)
          await api.ask('network', 'PUT', `/floatingips/${id}`, { floatingip: { description: 'operators' } })
          await project.keep(id)
        }
        return addresses.map(({ id }) => id).join(', ')
      },
    },
    {
      name: 'take a port over, with its floating address',
      async run({ random }) {
        const server = await operator.one(random)
        const { ports, addresses } = await operator.belongingsOf(server)
        const [port] = ports
        if (port === undefined) return 'it had none'
        const refused = await operator.tryTo(() =>
          api.ask('compute', 'DELETE', `/servers/${server.id}/os-interface/${port.id}`),
        )
        if (refused !== undefined) return refused
        // Nova lets go of it later, of itself.
        const isFree = async () =>
          (await project.contents()).ports.some(({ id, device_id }) => id === port.id && device_id === '')
        await until(isFree, 60_000, 1500)
        const device = { device_id: 'appliance-of-the-operator', device_owner: 'operator:appliance' }
        await api.ask('network', 'PUT', `/ports/${port.id}`, { port: device })
        const ids = [port, ...addresses].map(({ id }) => id)
        await project.keep(...ids)
        await deleteAndLook(operator, server.id)
        for (const id of ids) project.letGo(id)
        await api.ask('network', 'PUT', `/ports/${port.id}`, { port: { name: 'operators' } })
        for (const { id } of addresses)
          await api.ask('network', 'PUT', `/floatingips/${id}`, { floatingip: { description: 'operators' } })
        await project.keep(...ids)
        return ids.join(', ')
      },
    },
    {
      name: 'lower the quota for a while',
      async run({ world, random, want }) {
        const { projectId } = await api.whoAmI()
        const path = `/os-quota-sets/${projectId}`
        const { quota_set: before } = await admin.ask('compute', 'GET', path)
        const setTo = (/** @type {number} */ instances) =>
          admin.ask('compute', 'PUT', path, { quota_set: { instances, force: true } })
        const low = random.whole(1, 4)
        await setTo(low)
        try {
          want(random.whole(1, world.max))
          await sleep(random.whole(3000, 12_000))
        } finally {
          await setTo(before.instances)
        }
        return `to ${low}`
      },
    },
    {
      name: "revoke the user's tokens",
      async run() {
        const { userId } = await api.whoAmI()
        for (const enabled of [false, true]) {
          await admin.ask('identity', 'PATCH', `/users/${userId}`, { user: { enabled } })
          await sleep(1000)
        }
      },
    },
  ]
}

/**
 * @param {Places} places
 * @param {string} service
 * @returns {Act}
 */
const outage = (places, service) => ({
  name: `kill -9 ${service}, and back`,
  weight: 0.7,
  async run({ world, random, want }) {
    if (random.uniform() < 0.5) want(random.whole(1, world.max))
    await sleep(random.whole(0, 1500))
    await killService(places, service)
    const ms = random.whole(500, 8000)
    await sleep(ms)
    await restoreService(places, service)
    return `after ${ms} ms`
  },
})

/**
 * Ends a server whose port or address is somebody's by now, and looks whether that stays.
 *
 * @param {Operator} operator
 * @param {string} id
 */
async function deleteAndLook(operator, id) {
  await operator.tryTo(() => operator.api.ask('compute', 'DELETE', `/servers/${id}`))
  await sleep(10_000)
  const harm = await operator.project.harm()
  if (harm.length > 0) throw new Error(harm.join('; '))
}
