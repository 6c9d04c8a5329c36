import { collect, isNotFound, path } from '@flotilla/openstack-client'
import { setTimeout as sleep } from 'node:timers/promises'
import { cable, computeHosts } from '../places.js'
import { openAdmin } from './identity.js'
import { callsOf } from './ensure.js'

/** @import { Cloud } from '@flotilla/openstack-client' */
/** @import { Places } from '../places.js' */
/** @import { Secrets } from '../secrets.js' */

/** Flavours, and the kind of hosts that each is for. */
const flavors = [
  { name: 'm1.tiny', vcpus: 1, ram: 512, kind: 'fake' },
  { name: 'm1.small', vcpus: 1, ram: 2048, kind: 'fake' },
  { name: 'm1.medium', vcpus: 2, ram: 4096, kind: 'fake' },
  // Fits nowhere.
  { name: 'm1.huge', vcpus: 999, ram: 900_000, kind: 'fake' },
  { name: 't1.tiny', vcpus: 1, ram: 512, kind: 'tiny' },
  { name: 'q1.nano', vcpus: 1, ram: 96, kind: 'qemu' },
]

const quotas = {
  lab: { instances: 2000, cores: 20_000, ram: 20_000_000, server_groups: 100, server_group_members: 1000 },
  small: { instances: 3, cores: 4, ram: 8192 },
  alone: { instances: 100, cores: 20_000, ram: 20_000_000 },
}

const waitMs = 120_000

/**
 * What projects find on a cloud: images, flavours, networks, zones, quotas.
 *
 * @param {Places} places
 * @param {Secrets} secrets
 */
export async function seedResources(places, secrets) {
  const admin = openAdmin(secrets)
  await Promise.all([seedImages(admin, places), seedFlavors(admin), seedNetworks(admin), seedQuotas(admin)])
  await seedHosts(admin)
  await admin.close()
}

/**
 * `fake-image` for hosts that never look at it, and `lab-guest` that serves HTTP.
 *
 * @param {Cloud} admin
 * @param {Places} places
 */
async function seedImages(admin, { golden }) {
  const specs = [
    { name: 'fake-image', diskFormat: 'raw', source: { bytes: new Uint8Array(1024) } },
    // The guest leaves when it is told by ACPI; should it not, Nova does not wait for a minute.
    {
      name: 'lab-guest',
      diskFormat: 'qcow2',
      source: { file: golden },
      properties: { os_shutdown_timeout: '5' },
    },
  ]
  for (const { name, diskFormat, source, properties = {} } of specs) {
    const image =
      (await admin.image.find(name)) ??
      (await admin.image.create({ name, diskFormat, visibility: 'public', properties }))
    if (image.status === 'queued') await admin.image.upload(image.id, source)
  }
}

/** @param {Cloud} admin */
async function seedFlavors(admin) {
  const { make, post } = callsOf(admin, 'compute')
  const there = new Set((await collect(admin.compute.flavors.list())).map(({ name }) => name))
  for (const { name, vcpus, ram, kind } of flavors) {
    if (there.has(name)) continue
    const { id } = await make(['flavors', 'flavor'], { name, vcpus, ram, disk: 1 })
    await post(path`/flavors/${id}/os-extra_specs`, {
      extra_specs: { 'aggregate_instance_extra_specs:kind': kind },
    })
  }
}

/**
 * `lab-net` for servers that are not there, `lab-real` with DHCP for guests, and `public` to have floating addresses from.
 *
 * @param {Cloud} admin
 */
async function seedNetworks(admin) {
  const { ensure } = callsOf(admin, 'network')
  const local = { 'provider:network_type': 'local' }
  const flat = { 'provider:network_type': 'flat', 'provider:physical_network': 'lab' }
  const specs = [
    { name: 'lab-net', cidr: '10.78.0.0/16', dhcp: false, of: { shared: true, ...local } },
    { name: 'lab-real', cidr: '10.77.0.0/16', dhcp: true, of: { shared: true, ...flat }, gateway: near() },
    { name: 'public', cidr: '198.51.100.0/24', dhcp: false, of: { 'router:external': true, ...local } },
  ]
  for (const { name, cidr, dhcp, of, gateway } of specs) {
    const network = await ensure(['networks', 'network'], { name }, of)
    const subnet = {
      cidr,
      ip_version: 4,
      enable_dhcp: dhcp,
      ...(gateway === undefined ? {} : { gateway_ip: gateway }),
    }
    await ensure(['subnets', 'subnet'], { network_id: network.id }, { name: `${name}-v4`, ...subnet })
  }
  await joinNetworks(admin)
}

/**
 * A router from `lab-net` to `public`, without which Neutron gives no floating address. There is nobody to route, so what
 * it gives leads nowhere.
 *
 * @param {Cloud} admin
 */
async function joinNetworks(admin) {
  const { routers, networks, subnets, ports } = admin.network
  const [external, subnet] = await Promise.all([networks.find('public'), subnets.find('lab-net-v4')])
  const name = 'lab-router'
  const router =
    (await routers.find(name)) ??
    (await routers.create({ name, externalGatewayInfo: { networkId: external?.id ?? '' } }))
  const joined = await collect(ports.list({ deviceId: router.id, networkId: subnet?.networkId }))
  if (joined.length === 0) await routers.addSubnet(router.id, subnet?.id ?? '')
}

const near = () => cable.address.replace(/\/.*/, '')

/** @param {Cloud} admin */
async function seedQuotas(admin) {
  const projects = await callsOf(admin, 'identity').list('projects')
  const idOf = (/** @type {string} */ wanted) => projects.find(({ name }) => name === wanted)?.id ?? ''
  const compute = callsOf(admin, 'compute')
  for (const [name, quota] of Object.entries(quotas))
    await compute.put(path`/os-quota-sets/${idOf(name)}`, { quota_set: quota })
  const ports = { port: 5000, security_group: 200, security_group_rule: 2000 }
  await callsOf(admin, 'network').put(path`/quotas/${idOf('lab')}`, { quota: ports })
}

/**
 * Puts every host into its zone and its kind, once it is up and known to the cell; waits for the agents too.
 *
 * @param {Cloud} admin
 */
async function seedHosts(admin) {
  const { list } = callsOf(admin, 'compute')
  await until('compute hosts are up', async () => {
    const services = await list('os-services', { binary: 'nova-compute' })
    return computeHosts.every(({ name }) =>
      services.some(({ host, state }) => host === name && state === 'up'),
    )
  })
  for (const { name, zone, kind } of computeHosts) {
    await putInto(admin, name, { aggregate: zone, of: { availability_zone: zone } })
    await putInto(admin, name, { aggregate: `kind-${kind}`, metadata: { kind } })
  }
  const network = callsOf(admin, 'network')
  await until('the agents of the network are alive', async () => {
    const agents = await network.list('agents')
    const aliveAt = (/** @type {string} */ name) =>
      agents.filter(({ host, alive }) => host === name && alive === true).length
    return computeHosts.every(({ name, fake }) => fake !== undefined || aliveAt(name) >= 2)
  })
}

/**
 * @param {Cloud} admin
 * @param {string} host
 * @param {{ aggregate: string, of?: Record<string, string>, metadata?: Record<string, string> }} where
 */
async function putInto(admin, host, { aggregate, of = {}, metadata }) {
  const { ensure, post } = callsOf(admin, 'compute')
  const { id, hosts } = await ensure(['os-aggregates', 'aggregate'], { name: aggregate }, of)
  const act = async (/** @type {unknown} */ json) => post(path`/os-aggregates/${id}/action`, json)
  if (metadata !== undefined) await act({ set_metadata: { metadata } })
  if (Array.isArray(hosts) && hosts.includes(host)) return
  // Nova does not find it before its cell is known.
  await until(`${host} is in ${aggregate}`, async () => {
    try {
      await act({ add_host: { host } })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  })
}

/**
 * @param {string} what
 * @param {() => Promise<boolean>} isSo
 */
async function until(what, isSo) {
  const endMs = performance.now() + waitMs
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not so after ${waitMs / 1000} s: ${what}`)
    await sleep(500)
  }
}
