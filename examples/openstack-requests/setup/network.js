import { collect } from '@flotilla/openstack-client'
import { mark, ours } from './setup.js'

/** @typedef {import('./setup.js').Setup} Setup */

/**
 * A private network with a subnet and, where the cloud has an external network, a router to it. A network of the name
 * that is not ours is used as it is.
 *
 * @param {Setup} setup
 */
export async function makeNetwork(setup) {
  const { cloud, settings, say, projectId } = setup
  const { networks, subnets } = cloud.network
  const { network: name, cidr } = settings
  const own = await collect(networks.list({ name, projectId }))
  let network = own.length === 1 ? own[0] : await networks.find(name)
  if (network !== undefined && network.description !== mark) {
    say(`network ${name} is there already, and is used as it is`)
    return { network, subnet: await subnetOf(cloud, network.id) }
  }
  network ??= await networks.create({ name, description: mark })
  const subnet =
    (await subnetOf(cloud, network.id)) ??
    (await subnets.create({
      networkId: network.id,
      name: `${name}-subnet`,
      description: mark,
      ipVersion: 4,
      cidr,
    }))
  say(`network ${name}, ${subnet.cidr}`)
  await makeRouter(setup, subnet.id)
  return { network, subnet }
}

/** @param {Setup['cloud']} cloud @param {string} networkId */
const subnetOf = async (cloud, networkId) =>
  (await collect(cloud.network.subnets.list({ networkId, ipVersion: 4 })))[0]

/**
 * The external networks, and the one to be used. Makes nothing.
 *
 * @param {Setup} setup
 */
export async function findExternal({ cloud, settings }) {
  const there = await collect(cloud.network.networks.list({ external: true }))
  return { there, external: chooseExternal(there, settings.floatingFrom) }
}

/** @param {Setup} setup @param {string} subnetId */
async function makeRouter(setup, subnetId) {
  const { cloud, settings, say, projectId } = setup
  const { ports, routers } = cloud.network
  const name = `${settings.network}-router`
  const { there, external } = await findExternal(setup)
  if (external === undefined) {
    const names = there.map((network) => network.name).join(', ')
    say(
      names === ''
        ? 'no external network, so no router'
        : `no router: set FLOATING_FROM to one of ${names} for one`,
    )
    return
  }
  const router =
    ours(await collect(routers.list({ name, projectId })), name) ??
    (await routers.create({ name, description: mark, externalGatewayInfo: { networkId: external.id } }))
  const joined = (await collect(ports.list({ deviceId: router.id }))).flatMap(({ fixedIps }) => fixedIps)
  if (!joined.some((ip) => ip.subnetId === subnetId)) await routers.addSubnet(router.id, subnetId)
  say(`router ${name} to ${external.name}`)
}

/**
 * The external network by name or id; without one the only one there is.
 *
 * @template {{ readonly id: string, readonly name: string }} T
 * @param {readonly T[]} there
 * @param {string | undefined} wanted
 */
export function chooseExternal(there, wanted) {
  if (wanted === undefined) return there.length === 1 ? there[0] : undefined
  const found = there.find(({ id, name }) => id === wanted || name === wanted)
  if (found !== undefined) return found
  const names = there.map(({ name }) => name).join(', ') || 'none'
  throw new Error(`FLOATING_FROM: no external network ${wanted}; there is ${names}`)
}

/** @param {Setup} setup */
export async function removeNetwork({ cloud, settings, say, projectId }) {
  const { networks, ports, routers } = cloud.network
  const { network: name } = settings
  const routerName = `${name}-router`
  const router = ours(await collect(routers.list({ name: routerName, projectId })), routerName)
  if (router !== undefined) {
    const joined = await collect(ports.list({ deviceId: router.id }))
    for (const { subnetId } of joined.flatMap(({ fixedIps }) => fixedIps)) {
      await routers.removeSubnet(router.id, subnetId)
    }
    await routers.delete(router.id)
    say(`router ${routerName} is gone`)
  }
  const network = ours(await collect(networks.list({ name, projectId })), name)
  if (network === undefined) return
  // Its subnet goes with it.
  await networks.delete(network.id)
  say(`network ${name} is gone`)
}
