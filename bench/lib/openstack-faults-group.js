import { setTimeout as sleep } from 'node:timers/promises'
import { openstackCloud } from '@flotilla/backend-openstack'
import { collect } from '@flotilla/openstack-client'
import { killService, restoreService } from '../../labs/openstack/outage.js'
import { outcomeOf } from './faults.js'
import { fakeTemplate, groupOf, places } from './openstack-group.js'
import { until } from './until.js'

/** @import { OpenStackCloudOptions, OpenStackOptions } from '@flotilla/backend-openstack' */
/** @import { Outcome } from './faults.js' */
/** @import { Cloud } from '@flotilla/openstack-client' */

export const cloudName = process.env['OS_CLOUD'] ?? ''
export const groupName = 'faults'

/** Servers with a port of our own making, so that it shows when one is left. */
export const faultTemplate = {
  ...fakeTemplate,
  networks: [{ network: 'lab-net', securityGroups: ['default'] }],
}

/** @typedef {{ servers: readonly string[], ports: readonly string[] }} Contents */

/**
 * @param {Cloud} client
 * @returns {Promise<Contents>} what the project has
 */
export async function contents(client) {
  const [servers, ports] = await Promise.all([
    collect(client.compute.servers.list()),
    collect(client.network.ports.list({ projectId: (await client.whoAmI()).projectId })),
  ])
  return {
    servers: servers.map(({ id, name }) => `${name} ${id}`),
    ports: ports.map(({ id, name }) => `${name} ${id}`),
  }
}

/**
 * A server and a port of somebody else's, with names that look like the group's.
 *
 * @param {Cloud} client
 */
export async function addStranger(client) {
  const [flavor, image, network] = await Promise.all([
    client.compute.flavors.find(fakeTemplate.flavor),
    client.image.find(fakeTemplate.image),
    client.network.networks.find('lab-net'),
  ])
  const { id } = await client.compute.servers.create({
    name: `${groupName}-stranger`,
    flavorId: flavor?.id ?? '',
    imageId: image?.id ?? '',
    networks: 'none',
  })
  const port = await client.network.ports.create({
    name: `flotilla.${groupName}`,
    networkId: network?.id ?? '',
  })
  await client.compute.servers.waitFor(id, 'ACTIVE')
  return async () => {
    await client.compute.servers.delete(id)
    await client.network.ports.delete(port.id)
    await client.compute.servers.waitUntilGone(id)
  }
}

/** @typedef {ReturnType<typeof groupOf> & { client: Cloud }} FaultGroup */

/**
 * A group of two, then the fault.
 *
 * @param {(group: FaultGroup) => Promise<string>} fault
 * @param {{ given?: Partial<OpenStackOptions>, cloud?: OpenStackCloudOptions, size?: number }} [how]
 * @returns {Promise<Outcome>}
 */
export async function withGroup(fault, { given = {}, cloud: options = {}, size = 2 } = {}) {
  const cloud = openstackCloud({ cloud: cloudName, timeoutMs: 20_000, ...options })
  const group = {
    ...groupOf(
      { group: groupName, min: 0, max: 8, launch: { backoff: { baseMs: 300, capMs: 2000 } } },
      { ...faultTemplate, ...given, cloud },
    ),
    client: cloud.client,
  }
  try {
    return await outcomeOf(group.web, {
      grow: async () => size > 0 && sized(group, size),
      fault: async () => fault(group),
    })
  } finally {
    await group.web.stop({ terminate: true })
    await group.backend.close()
    await cloud.close()
  }
}

/**
 * Sets the size and waits until Nova agrees.
 *
 * @param {FaultGroup} group
 * @param {number} size
 * @param {number} [withinMs]
 * @returns {Promise<string>} seconds that it took
 */
export async function sized({ web, inService, client }, size, withinMs = 180_000) {
  const startMs = performance.now()
  await web.setDesired(size)
  await until(() => inService() === size && web.status().instances.length === size, withinMs)
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  const servers = await collect(client.compute.servers.list())
  const found = servers.filter(({ metadata }) => metadata['flotilla.group'] === groupName)
  if (found.length !== size) throw new Error(`Nova has ${found.length} servers where ${size} are wanted`)
  return seconds
}

/**
 * Kills a service of the control plane, and starts it again after a while.
 *
 * @param {string} name
 * @param {number} downMs
 */
export async function outage(name, downMs) {
  const at = places()
  await killService(at, name)
  await sleep(downMs)
  await restoreService(at, name)
}
