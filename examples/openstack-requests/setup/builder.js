import { readFile } from 'node:fs/promises'
import { collect } from '@flotilla/openstack-client'
import { untilAnswers } from './until-answers.js'
import { mark, markName } from './setup.js'

/**
 * @typedef {import('./setup.js').Setup} Setup
 * @typedef {import('@flotilla/openstack-client').Server} Server
 */

/** In the builder's metadata once its service has answered: from there on it may be stopped. */
const stage = { name: 'stage', installed: 'installed' }

/** @param {Setup} setup */
const nameOf = ({ settings }) => `${settings.image}-builder`

/**
 * The server that the golden image is a snapshot of: made from the base image, with the service installed by its user
 * data, and stopped. A running server can be snapshotted too; but what its programs have written and its kernel has not
 * yet may then be missing, and to stop it costs seconds.
 *
 * @param {Setup} setup
 * @param {{ readonly id: string }} network
 * @returns {Promise<Server>}
 */
export async function makeBuilder(setup, network) {
  const { cloud, settings, say } = setup
  const { servers } = cloud.compute
  const id = (await usable(setup)) ?? (await create(setup, network))
  let server = await servers.get(id)
  if (server.metadata[stage.name] !== stage.installed) {
    if (server.status === 'SHUTOFF') await servers.start(id)
    server = await servers.waitFor(id, 'ACTIVE', { timeoutMs: settings.bootTimeoutMs })
    const host = await addressOf(setup, server)
    const url = `http://${host}:${settings.servicePort}/work`
    say(`${server.name} is ACTIVE; waiting for ${url}`)
    await untilAnswers(url, settings.bootTimeoutMs).catch(async (error) => {
      throw new Error(`${error.message}\n${await advice(setup, id)}`)
    })
    say(`${url} answers`)
    await servers.metadata.set(id, { [stage.name]: stage.installed })
  }
  if (server.status !== 'SHUTOFF') {
    if (server.taskState === undefined) await servers.stop(id)
    server = await servers.waitFor(id, 'SHUTOFF')
    say(`${server.name} is stopped`)
  }
  return server
}

/** Ours of a run before, if there is one that is of use. @param {Setup} setup */
async function usable(setup) {
  const { cloud, say } = setup
  for (const { id, name, status, fault } of await builders(setup)) {
    if (status !== 'ERROR') {
      say(`${name} is there from a run before: ${status}`)
      return id
    }
    say(`${name} of a run before had failed: ${fault?.message ?? 'no reason told'}`)
    await cloud.compute.servers.delete(id)
    await cloud.compute.servers.waitUntilGone(id)
  }
  return undefined
}

/** @param {Setup} setup */
const builders = async (setup) => {
  const name = nameOf(setup)
  const all = await collect(setup.cloud.compute.servers.list({ namePattern: `^${name}$` }))
  return all.filter((one) => one.name === name && one.metadata[markName] === mark && !one.isDeleting)
}

/**
 * What a builder is made of. Makes nothing.
 *
 * @param {Setup} setup
 */
export async function findIngredients({ cloud, settings }) {
  const { baseImage, flavor, install } = settings
  const [image, size, userData] = await Promise.all([
    needed('image', baseImage, cloud.image.find(baseImage), 'BASE_IMAGE'),
    needed('flavor', flavor, cloud.compute.flavors.find(flavor), 'FLAVOR'),
    readFile(install).catch((cause) => {
      throw new Error(`${install} cannot be read; INSTALL names another`, { cause })
    }),
  ])
  return { image, size, userData }
}

/** @param {Setup} setup @param {{ readonly id: string }} network */
async function create(setup, network) {
  const { cloud, settings, say } = setup
  const { keyName, securityGroup } = settings
  const { image, size, userData } = await findIngredients(setup)
  const { id } = await cloud.compute.servers.create({
    name: nameOf(setup),
    imageId: image.id,
    flavorId: size.id,
    networks: [{ networkId: network.id }],
    securityGroups: [securityGroup],
    keyName,
    userData,
    configDrive: true,
    metadata: { [markName]: mark },
  })
  say(`${nameOf(setup)} is being made from ${image.name}`)
  return id
}

/**
 * @template T
 * @param {string} kind
 * @param {string} name
 * @param {Promise<T | undefined>} search
 * @param {string} variable
 */
async function needed(kind, name, search, variable) {
  const found = await search
  if (found === undefined) throw new Error(`no ${kind} ${name} in this project; ${variable} names another`)
  return found
}

/** Its floating address where it is to have one, else its first. @param {Setup} setup @param {Server} server */
async function addressOf({ cloud, settings }, server) {
  const { floatingIps, networks, ports } = cloud.network
  const { floatingFrom } = settings
  const fixed = server.addresses.find(({ kind, version }) => kind !== 'floating' && version === 4)
  if (floatingFrom === undefined) {
    if (fixed !== undefined) return fixed.address
    throw new Error(`${server.name} has no address on ${settings.network}`)
  }
  const [port] = await collect(ports.list({ deviceId: server.id }))
  if (port === undefined) throw new Error(`${server.name} has no port`)
  const [there] = await collect(floatingIps.list({ portId: port.id }))
  if (there !== undefined) return there.address
  const external = await needed('network', floatingFrom, networks.find(floatingFrom), 'FLOATING_FROM')
  const spec = { networkId: external.id, portId: port.id, description: floatingMark(server.name) }
  return (await floatingIps.create(spec)).address
}

/** Those of another builder have another. @param {string} name */
const floatingMark = (name) => `${mark}: ${name}`

/** What may be the matter with a service that does not answer. @param {Setup} setup @param {string} id */
async function advice({ cloud, settings }, id) {
  const log = await cloud.compute.servers.insight.consoleLog(id, 15).catch(() => '')
  const way =
    settings.floatingFrom === undefined
      ? 'If this machine cannot reach the private network, set FLOATING_FROM to the external network.'
      : `If this machine comes from elsewhere, set ALLOW_FROM to its addresses.`
  return `${way} A slow guest needs a larger BOOT_TIMEOUT_S.\nLast lines of its console:\n${log}`
}

/** The builder and its floating address. @param {Setup} setup */
export async function removeBuilder(setup) {
  const { cloud, say, projectId } = setup
  const { servers } = cloud.compute
  const { floatingIps } = cloud.network
  for (const { id, name } of await builders(setup)) {
    await servers.delete(id)
    await servers.waitUntilGone(id)
    say(`${name} is gone`)
  }
  const description = floatingMark(nameOf(setup))
  for (const floating of await collect(floatingIps.list({ description, projectId }))) {
    if (floating.description === description) await floatingIps.delete(floating.id)
  }
}
